// Ways to a tile of a correlation with few products, as matrices that are worked out when compiling.
#pragma once

namespace {

// Rows × columns of numbers that are known when compiling.
template <int rows, int columns>
struct Matrix {
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

// Toom and Cook's for products of polynomials, turned into one for correlation: a polynomial is known from its values at
// `tile + taps - 2` numbers and at infinity. The fewer and simpler these numbers, the fewer digits are lost.
template <int tile, int taps>
constexpr auto toom_cook(const double (&at)[tile + taps - 2]) {
  constexpr int inputs = tile + taps - 1, last = inputs - 1;
  Bilinear<tile, taps, inputs> out{};
  for (int point = 0; point < inputs; point++) {
    // The product of (x − number) over all other numbers: B has its coefficients, lowest first.
    double row[inputs + 1] = {1}, scale = 1;
    int degree = 0;
    for (int other = 0; other < last; other++) {
      if (other == point) continue;
      degree++;
      for (int i = degree; i >= 0; i--) row[i] = (i > 0 ? row[i - 1] : 0) - at[other] * (i < degree ? row[i] : 0);
      if (point < last) scale *= at[point] - at[other];
    }
    for (int i = 0; i < inputs; i++) out.B.at[point][i] = float(i <= degree ? row[i] : 0);
    double power = 1;
    for (int i = 0; i < tile || i < taps; i++) {
      if (i < taps) out.G.at[point][i] = float(point < last ? power / scale : i == taps - 1);
      if (i < tile) out.A.at[i][point] = float(point < last ? power : i == tile - 1);
      power *= point < last ? at[point] : 1;
    }
  }
  return out;
}

// What is used, for three taps and for five.
template <const auto &way, int tile_, int taps_, int points_>
struct Way {
  static constexpr int tile = tile_, taps = taps_, points = points_, inputs = tile + taps - 1;
  static constexpr auto B = way.B;
  static constexpr auto G = way.G;
  static constexpr auto A = way.A;
};

#if defined(KERNELS_PAIRS)
// Products of bf16 hold eight bits, and every number beside 0 and ±1 costs some: five taps would be multiplied 9 times an output,
// widened 2.5 times, and no processor is so much quicker with pairs.
constexpr auto kThree = toom_cook<3, 3>({0, 1, -.5, -2});
using Three = Way<kThree, 3, 3, 5>;
#elif defined(KERNELS_WIDE)
// fp32 between numbers of bf16 has digits to lose.
constexpr auto kThree = toom_cook<7, 3>({0, 1, -1, .5, -.5, 2, -2, .75});
constexpr auto kFive = toom_cook<7, 5>({0, 1, -1, .5, -.5, 2, -2, .75, -.75, 1.5});
using Three = Way<kThree, 7, 3, 9>;
using Five = Way<kFive, 7, 5, 11>;
#else
constexpr auto kThree = toom_cook<5, 3>({0, 1, -1, .5, -.5, 2});
constexpr auto kFive = toom_cook<4, 5>({0, 1, -1, .5, -.5, 2, -2});
using Three = Way<kThree, 5, 3, 7>;
using Five = Way<kFive, 4, 5, 8>;
#endif

}  // namespace
