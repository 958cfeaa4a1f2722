#!/usr/bin/env python3
"""Writes a COCO dataset of N tiny but valid PNG pictures (640x480, one bit a pixel, a text chunk each that makes its bytes
distinct, about 170 bytes) with 8.6 boxes a picture in 80 classes: make_coco.py FOLDER N"""
import json
import os
import random
import struct
import sys
import zlib

WIDTH, HEIGHT, CLASSES = 640, 480, 80


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    images = os.path.join(folder, "train2017")
    os.makedirs(images)
    os.makedirs(os.path.join(folder, "annotations"))
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((1 + WIDTH // 8) * HEIGHT), 9)
    tail = chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    rng = random.Random(1)
    total = round(count * 8.6)
    with open(os.path.join(folder, "annotations", "instances_train2017.json"), "w") as out:
        out.write('{"info": {"description": "made for a benchmark"}, "licenses": [], "categories": ')
        json.dump([{"id": i + 1, "name": f"class{i + 1:02}", "supercategory": "thing"} for i in range(CLASSES)], out)
        out.write(', "images": [')
        for i in range(count):
            name = f"{i:012}.png"
            # O_EXCL is what "new file" costs least with; a million of them are written.
            descriptor = os.open(os.path.join(images, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            os.write(descriptor, head + chunk(b"tEXt", b"Comment\0picture %d" % i) + tail)
            os.close(descriptor)
            out.write(f'{", " if i else ""}{{"id": {i + 1}, "file_name": "{name}", "width": {WIDTH}, "height": {HEIGHT}}}')
        out.write('], "annotations": [')
        for i in range(total):
            w, h = rng.randrange(400, 20000) / 100, rng.randrange(400, 15000) / 100
            x, y = round(rng.random() * (WIDTH - w), 2), round(rng.random() * (HEIGHT - h), 2)
            # Boxes of a picture do not stand together in COCO's own files.
            image = (i * 7919) % count + 1
            out.write(
                f'{", " if i else ""}{{"segmentation": [], "area": {round(w * h, 4)}, "iscrowd": 0, "image_id": {image}, '
                f'"bbox": [{x}, {y}, {w}, {h}], "category_id": {rng.randrange(CLASSES) + 1}, "id": {i + 1}}}'
            )
        out.write("]}")


main()
