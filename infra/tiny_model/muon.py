"""Muon in float32 for the hidden matrices (torch.optim.Muon works in bfloat16, which is slow on CPUs without it)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.775, 2.0315)


def orthogonalised(update: Tensor, rounds: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices to a stack of matrices, by Newton-Schulz rounds."""
    a, b, c = COEFFICIENTS
    tall = update.size(-2) > update.size(-1)
    x = update.mT if tall else update
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates; parameters of one shape are updated together."""

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One update of every parameter; all of them must have gradients."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = {}
            for p in group["params"]:
                shapes.setdefault(p.shape, []).append(p)
            for shape, same in shapes.items():
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                update = orthogonalised(torch.stack([self._momentum(p, group["momentum"]) for p in same]))
                for p, u in zip(same, update, strict=True):
                    p.add_(u, alpha=-group["lr"] * scale)

    def _momentum(self, p: Tensor, momentum: float) -> Tensor:
        """The Nesterov momentum of one parameter's gradient."""
        buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
        buffer.lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(buffer, momentum)
