#pragma once

namespace ds::detail {

/// Adds items first+1 .. first+count-1 onto item `first` by halves, (0+1)+(2+3): `add(to, from)` is called
/// count-1 times. The sums of consecutive items that a power of two of ranks have made of an equal number
/// each are sums of this order, too, so that it makes no difference to the last bit who added what.
template <typename Add>
void add_in_halves(int first, int count, const Add& add) {
  if (count < 2) return;
  const int left = (count + 1) / 2;
  add_in_halves(first, left, add);
  add_in_halves(first + left, count - left, add);
  add(first, first + left);
}

}  // namespace ds::detail
