"""Time of ONNX Runtime's inference, float32, one sentence at a time.

    time_onnxruntime.py --model FOLDER --graph FILE.onnx --sentences FILE
                        [--warmup 20] [--threads 2]

Runs in the environment of `setup onnxruntime`. FOLDER: a sequence classifier as save_pretrained
writes it; its graph is written to FILE.onnx first where there is none. FILE: "sentence<TAB>label"
lines, each a batch of its own and so without padding. The warm-up runs the first sentences once
before. check_logits: of the first eight sentences.
"""

import argparse
import os
import platform

import numpy as np
import onnxruntime

from timing import Timing

CHECKED = 8


def write_graph(folder, path):
    """torch's exporter, then ONNX Runtime's own fusions for transformers (attention, GELU, norms)."""
    import torch
    from onnxruntime.transformers import optimizer
    from transformers import AutoModelForSequenceClassification

    import peer_settings

    model = peer_settings.load(AutoModelForSequenceClassification, folder).eval()
    names, example = ["input_ids", "attention_mask"], torch.ones(2, 8, dtype=torch.long)
    partial = path + ".partial"
    torch.onnx.export(
        model, (example, example), partial, input_names=names, output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names}, opset_version=17,
    )  # fmt: skip
    configuration = model.config
    optimizer.optimize_model(
        partial, model_type="bert", num_heads=configuration.num_attention_heads,
        hidden_size=configuration.hidden_size, opt_level=0,
    ).save_model_to_file(partial)  # fmt: skip
    os.rename(partial, path)


def open_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--graph", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if not os.path.exists(arguments.graph):
        write_graph(arguments.model, arguments.graph)

    import labelled_sentences

    sentences, _ = labelled_sentences.read(arguments.sentences)
    sequences = labelled_sentences.token_ids(sentences, os.path.join(arguments.model, "vocab.txt"))
    session = open_session(arguments.graph, arguments.threads)
    timing, logits = Timing(arguments.warmup), []

    def step(ids):
        input_ids = np.array([ids], dtype=np.int64)
        inputs = {"input_ids": input_ids, "attention_mask": np.ones_like(input_ids)}
        return session.run(["logits"], inputs)[0][0].tolist()

    for ids in sequences[: arguments.warmup] + sequences:
        row = timing.step(lambda: step(ids), 1, len(ids))
        if timing.is_measuring:
            logits.append(row)

    timing.report(
        job="inference", settings="expert", order="file", model=arguments.model, weights="folder",
        threads=arguments.threads, batch_size=1, check_logits=logits[:CHECKED],
        versions={"onnxruntime": onnxruntime.__version__, "python": platform.python_version()},
    )  # fmt: skip


main()
