// Read by the files that see torch, before their own first line (cmake/Together.cmake).
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/nn/module.h>
