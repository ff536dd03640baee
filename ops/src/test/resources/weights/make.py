# SPDX-License-Identifier: BSD-2-Clause
"""Makes the small files beside this script, with PyTorch and NumPy themselves."""
import argparse
import collections
import pickle

import numpy as np
import torch

base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
weights = collections.OrderedDict(
    whole=base,
    transposed=base.t(),
    strided=base[::2, 1:4:2],
    expanded=torch.tensor([1.5, -2.0]).expand(2, 2),
    half=torch.tensor([1.0, -2.5, 6e-8, 65504.0, float("inf")]).half(),
    bfloat=torch.tensor([1.0, -2.5, 3e38]).bfloat16(),
    double=torch.tensor([0.1, -1e300], dtype=torch.float64),
    mask=torch.tensor([True, False]),
    bytes=torch.tensor([0, 255], dtype=torch.uint8),
    small=torch.tensor([-128, 127], dtype=torch.int8),
    parameter=torch.nn.Parameter(torch.tensor([7.0])),
    num_batches_tracked=torch.tensor(5),
    empty=torch.empty(0, 3),
)
averaged = collections.OrderedDict(("module." + name, value) for name, value in weights.items())
timm = {
    "epoch": 3,
    "arch": "toy",
    "state_dict": weights,
    "optimizer": {"state": {0: {"step": torch.tensor(2.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    "args": argparse.Namespace(model="toy_model", lr=0.1),
    "metric": np.float64(0.25),
    "best": torch.tensor(0.5),
    "state_dict_ema": averaged,
}
torch.save(timm, "timm.pth.tar")
torch.save({"state_dict": weights, "epoch": 3}, "old.pth", _use_new_zipfile_serialization=False)
torch.save(weights, "bare.pth", pickle_protocol=4)
torch.save({"model": {"unsigned": torch.tensor([1, 65535]).to(torch.uint16)}}, "untyped.pth")
arrays = {
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "rows": np.arange(6, dtype=np.int32).reshape(2, 3),
    "scalar": np.array(2.5, dtype=np.float32),
}
meta = {"classes": [np.str_("cat"), "dog"], "time": None}
for protocol in (0, 2, 5):
    with open(f"numpy-{protocol}.pkl", "wb") as file:
        pickle.dump({"model": arrays, "meta": meta, "__author__": "third_party"}, file, protocol=protocol)
with open("tensors.pkl", "wb") as file:
    pickle.dump({"model": {"a": base, "b": base.t()}}, file, protocol=4)
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
torch.save(torch.nn.Linear(2, 1), "module.pth")
