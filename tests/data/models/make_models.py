#!/usr/bin/env python3
"""Writes the two tiny models that tests of servers and predictions run: make_models.py

Each is an ONNX network of three layers (2.5 kB) whose answer does not depend on the picture: one object, the left
or the right half of the 32 x 32 input. Written byte by byte (protobuf), so that no ONNX package is needed.
"""
import math
import pathlib
import struct


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def floats(name, dims, values):
    return b"".join(number(1, d) for d in dims) + number(2, 1) + data(8, name) + data(9, struct.pack(f"<{len(values)}f", *values))


def int64s(name, values):
    return number(1, len(values)) + number(2, 7) + data(8, name) + data(9, struct.pack(f"<{len(values)}q", *values))


def tensor_info(name, dims):
    shape = b"".join(data(1, number(1, d)) for d in dims)
    return data(1, name) + data(2, data(1, number(1, 1) + data(2, shape)))


def node(op, inputs, output, attributes=b""):
    return b"".join(data(1, i) for i in inputs) + data(2, output) + data(3, output) + data(4, op) + attributes


def network(center_x, score, class_idx):
    # 4 x 4 + 2 x 2 + 1 cells at strides 8, 16, 32; only the last one has an object: dx dy dw dh objectness classes.
    rows = [[0.0] * 7 for _ in range(21)]
    rows[20] = [center_x / 32, 0.5, math.log(16 / 32), 0.0, 1.0, 0.0, 0.0]
    rows[20][5 + class_idx] = score
    bias = [value for row in rows for value in row]
    kernel = data(5, data(1, "kernel_shape") + number(20, 7) + b"".join(number(8, 1) for _ in range(2)))
    graph = data(1, node("GlobalAveragePool", ["images"], "pooled"))
    graph += data(1, node("Conv", ["pooled", "weight", "bias"], "cells", kernel))
    graph += data(1, node("Reshape", ["cells", "shape"], "output"))
    graph += data(2, "tiny")
    graph += data(5, floats("weight", [147, 3, 1, 1], [0.0] * 441))
    graph += data(5, floats("bias", [147], bias))
    graph += data(5, int64s("shape", [1, 21, 7]))
    graph += data(11, tensor_info("images", [1, 3, 32, 32]))
    graph += data(12, tensor_info("output", [1, 21, 7]))
    return number(1, 6) + data(2, "ds tests") + data(7, graph) + data(8, data(1, "") + number(2, 11))


CARD = """format: 1
name: {name}
architecture: tiny
classes: [cat, dog]
input: {{width: 32, height: 32}}
weights: model.onnx
"""

here = pathlib.Path(__file__).parent
for name, center_x, score, class_idx in [("left-cat", 8, 0.75, 0), ("right-dog", 24, 0.5, 1)]:
    folder = here / name
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(network(center_x, score, class_idx))
    (folder / "model.yaml").write_text(CARD.format(name=name))
