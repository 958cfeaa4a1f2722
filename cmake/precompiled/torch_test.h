// Read by the tests that see torch, before their own first line (cmake/Together.cmake). Catch2 stands last: included before
// torch it would lose its CHECK without a word.
#pragma once

#include "torch.h"

#include <catch2/catch.hpp>
