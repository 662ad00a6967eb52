// How a map is cut into tiles, for the kernels of Winograd convolutions and for those who call them.
#pragma once
#include "convolution.h"

// Each file that includes this has it for itself: what was compiled for one kind of processor must not be chosen for another.
namespace {

// A direction of a map: so many tiles, of which the last ones have an output less, so that as little as can be lies beyond the edge.
struct Cut {
  int64_t tile, all, full;
  Cut(int64_t outputs, int64_t tile) : tile(tile), all((outputs + tile - 1) / tile) {
    const int64_t beyond = all * tile - outputs;
    full = beyond < all ? all - beyond : 0;
  }
  int64_t first_output(int64_t i) const { return i * tile - (i > full ? i - full : 0); }
};

// Tiles that are short in rows, in neither direction, in columns, in both. In this order those that have a point's product follow
// one another, whichever point.
constexpr int kKinds = 4;

// Where a tile lies.
struct Place {
  int64_t picture, top, left;
};

// Some that follow one another.
struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
  Range within(Range other) const {
    const int64_t from = begin > other.begin ? begin : other.begin, to = end < other.end ? end : other.end;
    return {from, to > from ? to : from};
  }
};

// The tiles of all pictures' maps, kind by kind, and within a kind picture by picture. They are counted in units of so many, each
// kind in whole ones.
struct Tiling {
  Cut down, across;
  int64_t tiles[kKinds], begin[kKinds + 1];

  Tiling(const convolution::Convolution &c, int64_t tile, int64_t unit = 1) : down(c.out_height, tile), across(c.out_width, tile), begin{} {
    for (int kind = 0; kind < kKinds; kind++) {
      tiles[kind] = c.pictures * lines(kind) * columns(kind);
      begin[kind + 1] = begin[kind] + (tiles[kind] + unit - 1) / unit;
    }
  }

  static bool short_rows(int kind) { return kind == 0 || kind == 3; }
  static bool short_columns(int kind) { return kind >= 2; }
  int64_t lines(int kind) const { return short_rows(kind) ? down.all - down.full : down.full; }
  int64_t columns(int kind) const { return short_columns(kind) ? across.all - across.full : across.full; }

  int64_t all() const { return begin[kKinds]; }
  Range of(int kind) const { return {begin[kind], begin[kind + 1]}; }
  // Those that have the products of a point: short tiles are without the last one of their direction.
  Range with(bool last_row, bool last_column) const { return {begin[last_row ? 1 : 0], begin[last_column ? 2 : last_row ? 3 : 4]}; }

  // A tile, counted from the first of its kind.
  Place place(int kind, int64_t i) const {
    const int64_t line = i / columns(kind) % lines(kind) + (short_rows(kind) ? down.full : 0);
    const int64_t column = i % columns(kind) + (short_columns(kind) ? across.full : 0);
    return {i / (columns(kind) * lines(kind)), down.first_output(line), across.first_output(column)};
  }
};

}  // namespace
