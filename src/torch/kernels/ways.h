// Ways to a tile of a correlation with few products, as matrices that are worked out when compiling.
#pragma once

namespace {

// Rows × columns of numbers that are known when compiling.
template <int rows_, int columns_>
struct Matrix {
  static constexpr int rows = rows_, columns = columns_;
  float at[rows][columns];
};

template <int rows, int columns>
constexpr Matrix<columns, rows> turned(const Matrix<rows, columns> &m) {
  Matrix<columns, rows> out{};
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) out.at[j][i] = m.at[i][j];
  }
  return out;
}

// A way to `tile` outputs of `taps` taps in one direction: y = A ((G w) · (B d)), with so many products.
template <int tile, int taps, int points>
struct Bilinear {
  Matrix<points, tile + taps - 1> B;
  Matrix<points, taps> G;
  Matrix<tile, points> A;
};

// Toom and Cook's for products of polynomials, turned into one for correlation: a polynomial is known from its values at infinity and
// at `tile + taps - 2` numbers. The fewer and simpler these numbers, the fewer digits are lost. With more numbers than are needed, G is
// as if all were used: what that puts beside the scale is in B.
template <int tile, int taps, int numbers>
constexpr auto toom_cook(const double (&at)[numbers]) {
  constexpr int inputs = tile + taps - 1, used = inputs - 1;
  static_assert(used <= numbers);
  Bilinear<tile, taps, inputs> out{};
  for (int point = 0; point < inputs; point++) {
    const bool finite = point > 0;
    const double number = finite ? at[point - 1] : 0;
    // The product of (x − number) over all other numbers: B has its coefficients, lowest first.
    double row[inputs + 1] = {1}, scale = 1, beside = 1;
    int degree = 0;
    for (int other = 0; other < numbers; other++) {
      if (finite && other == point - 1) continue;
      if (finite) scale *= number - at[other];
      if (finite && other >= used) beside *= number - at[other];
      if (other >= used) continue;
      degree++;
      for (int i = degree; i >= 0; i--) row[i] = (i > 0 ? row[i - 1] : 0) - at[other] * (i < degree ? row[i] : 0);
    }
    for (int i = 0; i < inputs; i++) out.B.at[point][i] = float(i <= degree ? row[i] * beside : 0);
    double power = 1;
    for (int i = 0; i < tile || i < taps; i++) {
      if (i < taps) out.G.at[point][i] = float(finite ? power / scale : i == taps - 1);
      if (i < tile) out.A.at[i][point] = float(finite ? power : i == tile - 1);
      power *= number;
    }
  }
  return out;
}

template <const auto &numbers, int tile_, int taps_>
struct Direction {
  static constexpr int tile = tile_, taps = taps_, inputs = tile + taps - 1, points = inputs;
  static constexpr auto way = toom_cook<tile, taps>(numbers);
  static constexpr auto B = way.B;
  static constexpr auto G = way.G;
  static constexpr auto A = way.A;
};

// A direction of a tile, and of a short one: that has an output less and is without the last number, by the same transformed weights.
template <const auto &numbers, int tile, int taps>
struct Way : Direction<numbers, tile, taps> {
  using Short = Direction<numbers, tile - 1, taps>;
};

// What is used, for three taps and for five.
#if defined(KERNELS_PAIRS)
// Products of bf16 hold eight bits, and every number beside 0 and ±1 costs some: five taps would be multiplied 9 times an output,
// widened 2.5 times, and no processor is so much quicker with pairs.
constexpr double kThree[] = {0, 1, -.5, -2};
using Three = Way<kThree, 3, 3>;
#elif defined(KERNELS_WIDE)
// fp32 between numbers of bf16 has digits to lose.
constexpr double kThree[] = {0, 1, -1, .5, -.5, 2, -2, .75};
constexpr double kFive[] = {0, 1, -1, .5, -.5, 2, -2, .75, -.75, 1.5};
using Three = Way<kThree, 7, 3>;
using Five = Way<kFive, 7, 5>;
#else
constexpr double kThree[] = {0, 1, -1, .5, -.5, 2};
constexpr double kFive[] = {0, 1, -1, .5, -.5, 2, -2};
using Three = Way<kThree, 5, 3>;
using Five = Way<kFive, 4, 5>;
#endif

}  // namespace
