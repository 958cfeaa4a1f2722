#!/usr/bin/env python3
"""Images per second of YOLOX's own training step with its own data loading, on a CPU.

    yolox_steps.py CHECKOUT VOC_FOLDER CLASSES STEPS [--side 416] [--batch 8] [--threads 2] [--workers 4]

CHECKOUT is a checkout of YOLOX, which is used as it is: its nano experiment, dataset, mosaic, batch sampler, loss,
SGD and averaging. VOC_FOLDER holds Annotations, ImageSets and JPEGImages. What its trainer does with CUDA (moving
batches, mixed precision) is left out. Prints the median over the steps after a warm-up.
"""
import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
import time
import types


def stand_in(name, **members):
    """A module that YOLOX imports and that these steps never use."""
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout")
    parser.add_argument("voc")
    parser.add_argument("classes")
    parser.add_argument("steps", type=int)
    parser.add_argument("--side", type=int, default=416)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=4, help="YOLOX's default is 4")
    return parser.parse_args()


def main():
    options = arguments()
    if importlib.util.find_spec("pycocotools") is None:
        for name in ("pycocotools", "pycocotools.coco", "pycocotools.cocoeval", "pycocotools.mask"):
            stand_in(name, COCO=object, COCOeval=object)
    sys.path.insert(0, options.checkout)
    import numpy
    import torch

    torch.set_num_threads(options.threads)
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError:
        stand_in("torch.utils.tensorboard", SummaryWriter=object)
    from yolox.data.datasets.voc import AnnotationTransform, VOCDetection
    from yolox.data import TrainTransform
    from yolox.exp.build import get_exp_by_file
    from yolox.utils import ModelEMA

    class Voc(VOCDetection):
        def pull_item(self, index):  # its COCO dataset gives ids as arrays, and batches are joined by that
            image, target, info, index = super().pull_item(index)
            return image, target, info, numpy.array([index])

    classes = options.classes.split(",")
    root = tempfile.mkdtemp()
    os.symlink(os.path.realpath(options.voc), os.path.join(root, "VOC2007"))
    exp = get_exp_by_file(os.path.join(options.checkout, "exps/default/yolox_nano.py"))
    exp.num_classes = len(classes)
    exp.input_size = exp.test_size = (options.side, options.side)
    exp.data_num_workers = options.workers
    exp.dataset = Voc(
        data_dir=root,
        image_sets=[("2007", "train")],
        img_size=exp.input_size,
        preproc=TrainTransform(max_labels=50, flip_prob=exp.flip_prob, hsv_prob=exp.hsv_prob),
        target_transform=AnnotationTransform({name: i for i, name in enumerate(classes)}),
    )
    loader = iter(exp.get_data_loader(options.batch, is_distributed=False))
    model = exp.get_model()
    model.train()
    optimizer = exp.get_optimizer(options.batch)
    average = ModelEMA(model, 0.9998)
    seconds = []
    for step in range(options.steps):
        start = time.perf_counter()
        images, targets, _, _ = next(loader)
        outputs = model(images.float(), targets.float())
        optimizer.zero_grad()
        outputs["total_loss"].backward()
        optimizer.step()
        average.update(model)
        seconds.append(time.perf_counter() - start)
    warm = seconds[min(10, len(seconds) // 2):]
    print(f"{options.batch / statistics.median(warm):.2f} {options.batch * len(warm) / sum(warm):.2f}")


if __name__ == "__main__":
    main()
