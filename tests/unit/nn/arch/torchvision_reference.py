"""What torchvision's detectors compute on random weights and inputs, for torchvision_parity_test.cpp.

    torchvision_reference.py ssdlite|faster-rcnn|roi-align FOLDER

Writes FOLDER/weights.pth (a state dict) and FOLDER/answers.pth (inputs and outputs by name). Exit 3: no torchvision.
"""
import sys

try:
    import torch
    import torchvision
    from torchvision.models.detection.image_list import ImageList
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

NUM_CLASSES = 90  # and background


def shake(model):
    """Statistics and factors that differ from those of a fresh net, so that a mixed-up one shows."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
            torch.nn.init.normal_(module.bias, std=0.1)


def targets():
    """Two images: three objects and one."""
    first = torch.tensor([[10.0, 20.0, 90.0, 100.0], [60.0, 8.0, 150.0, 60.0], [100.0, 70.0, 128.0, 110.0]])
    second = torch.tensor([[0.0, 0.0, 160.0, 128.0]])
    return [{"boxes": first, "labels": torch.tensor([1, 90, 17])}, {"boxes": second, "labels": torch.tensor([5])}]


def ssdlite():
    model = torchvision.models.detection.ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=NUM_CLASSES + 1)
    shake(model)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.eval()
    images = torch.rand(2, 3, 128, 160) * 2 - 1
    shapes = ImageList(images, [(128, 160)] * 2)
    features = list(model.backbone(images).values())
    outputs = model.head(features)
    anchors = model.anchor_generator(shapes, features)[0]
    boxes = torch.stack([
        torchvision.ops.clip_boxes_to_image(model.box_coder.decode_single(offsets, anchors), (128, 160))
        for offsets in outputs["bbox_regression"]])
    answers = {"images": images, "offsets": outputs["bbox_regression"], "boxes": boxes,
               "scores": outputs["cls_logits"].softmax(-1)}
    model.train()
    features = list(model.backbone(images).values())
    outputs = model.head(features)
    truth = targets()
    matches = [model.proposal_matcher(torchvision.ops.box_iou(image["boxes"], anchors)) for image in truth]
    losses = model.compute_loss(truth, outputs, [anchors] * 2, matches)
    answers["loss_box"] = losses["bbox_regression"]
    answers["loss_cls"] = losses["classification"]
    return weights, answers


def faster_rcnn():
    model = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_fpn(
        weights=None, weights_backbone=None, num_classes=NUM_CLASSES + 1,
        rpn_pre_nms_top_n_test=1000, rpn_post_nms_top_n_test=150)
    shake(model)
    # Scores far enough from each other that rounding does not change their order.
    torch.nn.init.normal_(model.rpn.head.cls_logits.weight, std=0.1)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.eval()
    images = torch.randn(2, 3, 160, 224)
    shapes = ImageList(images, [(160, 224)] * 2)
    features = model.backbone(images)
    proposals, _ = model.rpn(shapes, features)
    heads = model.roi_heads
    hidden = heads.box_head(heads.box_roi_pool(features, proposals, shapes.image_sizes))
    logits, offsets = heads.box_predictor(hidden)
    boxes = torchvision.ops.clip_boxes_to_image(
        heads.box_coder.decode(offsets, proposals).reshape(-1, 4), (160, 224)).reshape(-1, NUM_CLASSES + 1, 4)
    answers = {"images": images, "counts": torch.tensor([len(p) for p in proposals]),
               "proposals": torch.cat(proposals), "scores": logits.softmax(-1), "boxes": boxes}
    return weights, answers


def roi_align():
    features = torch.randn(5, 9, 11, requires_grad=True)
    low = torch.rand(40, 2) * torch.tensor([352.0, 288.0])
    boxes = torch.cat([low, low + torch.rand(40, 2) * 200], 1)
    boxes[0] = torch.tensor([0.0, 0.0, 352.0, 288.0])
    boxes[1] = torch.tensor([351.0, 287.0, 352.0, 288.0])
    factors = torch.randn(40, 5, 7, 7)
    rois = torchvision.ops.roi_align(features[None], [boxes], 7, 1 / 32, 2)
    (rois * factors).sum().backward()
    return {"none": torch.zeros(1)}, {"features": features.detach(), "boxes": boxes, "factors": factors,
                                      "rois": rois.detach(), "gradient": features.grad}


def main():
    kind, folder = sys.argv[1:]
    torch.manual_seed(5)
    torch.set_num_threads(1)
    make = {"ssdlite": ssdlite, "faster-rcnn": faster_rcnn, "roi-align": roi_align}[kind]
    weights, answers = make()
    torch.save(weights, f"{folder}/weights.pth")
    torch.save({name: tensor.detach().contiguous() for name, tensor in answers.items()}, f"{folder}/answers.pth")


main()
