// The kernels: plain loops over memory. Each is compiled once for every kind of processor (levels.cc says which one runs).
#pragma once

#include <cstdint>

namespace codilens {

// Columns up to which a weight is multiplied row by row, and its transpose by adding up rows.
constexpr int64_t kFewColumns = 8;

// A stored weight, row by row.
struct Weight {
  const void* values;
  bool is_bfloat16;
  int64_t rows;
  int64_t width;
};

// y[row][c] = sum over i of weight[row][i] * x[i][c].
struct Product {
  Weight weight;
  const float* x;  // few columns: [columns, stride], of which width is used; more: [width, stride], of which columns are used
  int64_t stride;
  float* y;        // [rows, columns]
  int64_t columns;
};

// y[c][i] = sum over rows of weight[row][i] * x[c][row].
struct TransposedProduct {
  Weight weight;
  const float* x;  // [columns, rows]
  float* y;        // [columns, width]
  int64_t columns;
};

// Cells of a norm that are read side by side, so that memory is read in long pieces.
constexpr int64_t kNormTile = 64;

// A norm of each cell of x [size, cells], over the first axis.
struct Norm {
  const float* x;
  const float* weight;  // [size], or null
  const float* bias;    // [size], or null
  float* y;
  int64_t size;
  int64_t cells;
  float eps;
  bool centres;
};

// A gradient by a norm of x [size, cells] to one by x.
struct NormBack {
  const float* x;
  const float* weight;  // [size], or null
  const float* gradient;
  float* y;
  int64_t size;
  int64_t cells;
  float eps;
  bool centres;
};

// A gradient by what a softmax gave to one by what it was given.
struct SoftmaxBack {
  const float* shares;
  const float* gradient;
  float* y;
  int64_t width;
};

// A gradient by a gate's result to those by what it was given.
struct GateBack {
  const float* x;
  const float* up;
  const float* gradient;
  float* by_x;
  float* by_up;
};

// x and y of two axes: a softmax is over the second one. A mask is added first where there is one: a row's own is that of its query in its
// batch, whichever its head.
struct Rows {
  const float* x;
  const float* mask;  // [batch, queries, width], or null
  float* y;
  int64_t width;
  int64_t heads;
  int64_t queries;
};

// The GELU of x, with its row's bias added first where there is one.
struct Gelu {
  const float* x;
  const float* bias;  // [rows], or null
  float* y;
  int64_t width;
};

// The most numbers of a cell that are told apart as its largest.
constexpr int64_t kMostTop = 16;

// The k largest numbers of each cell of x [rows, cells].
struct Top {
  const float* x;
  float* y;  // [cells, 2 k + 1]: the numbers, the largest first; their rows; and the sum of all numbers' e^(x - largest)
  int64_t rows;
  int64_t cells;
  int64_t k;
};

// A matrix [rows, columns] and its transpose [columns, stride], of which as much is written.
struct Turning {
  const float* from;
  float* to;
  int64_t rows;
  int64_t columns;
  int64_t stride;
};

// Numbers side by side.
struct Pairs {
  const float* a;
  const float* b;
  float* y;
};

// Every number of a row and the row's bias.
struct Biased {
  const float* x;
  const float* bias;
  float* y;
  int64_t width;
};

// Queries, keys and values, x [(heads + 2 kv_heads) depth, cells], to [row, head, column, depth] each; a cell is a row's column. Queries are
// multiplied by `scale`; queries and keys are turned before, where cos and sin are given.
struct Heads {
  const float* x;
  const float* cos;  // [depth, cells], or null
  const float* sin;
  float* y[3];
  int64_t heads;
  int64_t kv_heads;
  int64_t depth;
  int64_t columns;
  int64_t cells;
  float scale;
};

// The way back: x [row, head, column, depth] to y [heads depth, cells].
struct JoinedHeads {
  const float* x;
  float* y;
  int64_t heads;
  int64_t depth;
  int64_t columns;
  int64_t cells;
};

// y[h][d][cell] = x[h][d][cell] * cos[d][cell] + x[h][d ± half][cell] * sin[d][cell]; back, by the transpose of that, the sine is the other one's.
struct Rotation {
  const float* x;
  const float* cos;
  const float* sin;
  float* y;
  int64_t depth;
  int64_t cells;
  bool goes_back;
};

// One processor's kernels. Each does the part [begin, end) of its work, and gives the same bits however the work is parted.
struct Kernels {
  void (*few_columns)(const Product&, int64_t begin, int64_t end);                   // of rows
  void (*many_columns)(const Product&, int64_t begin, int64_t end);                  // of rows
  void (*few_transposed)(const TransposedProduct&, int64_t begin, int64_t end);      // of width
  void (*many_transposed)(const Product&, int64_t begin, int64_t end);               // of width: x is [rows, stride], y [width, columns]
  void (*turn)(const Turning&);
  void (*norm)(const Norm&, int64_t begin, int64_t end);                           // of tiles
  void (*softmax)(const Rows&, int64_t begin, int64_t end);                        // of rows
  void (*gelu)(const Gelu&, int64_t begin, int64_t end);  // of rows; of numbers where there is no bias
  void (*gate)(const float* x, const float* up, float* y, int64_t begin, int64_t end);
  void (*add)(const Pairs&, int64_t begin, int64_t end);
  void (*add_bias)(const Biased&, int64_t begin, int64_t end);  // of rows
  void (*rotate)(const Rotation&, int64_t begin, int64_t end);  // of heads times depth
  void (*split_heads)(const Heads&, int64_t begin, int64_t end);  // of all heads times tiles of sixteen cells
  void (*top)(const Top&, int64_t begin, int64_t end);            // of tiles of sixteen cells
  void (*join_heads)(const JoinedHeads&, int64_t begin, int64_t end);  // of heads times tiles of sixteen cells
  void (*pull_norm)(const NormBack&, int64_t begin, int64_t end);        // of tiles of sixteen cells
  void (*pull_softmax)(const SoftmaxBack&, int64_t begin, int64_t end);  // of rows
  void (*pull_gate)(const GateBack&, int64_t begin, int64_t end);
  void (*pull_gelu)(const Pairs& x_and_gradient, int64_t begin, int64_t end);
};

// Those for the processor at hand.
const Kernels& KernelsHere();

}  // namespace codilens
