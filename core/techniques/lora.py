"""LoRA: small matrices beside the frozen ones learn; in the end they are added into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.options import option
from core.techniques.base import Context, Technique
from core.techniques.evidence import sentence
from core.words import message

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Options:
    rank: int = option(8, minimum=1, maximum=64, step=1)
    scale: float = option(2.0, minimum=0.5, maximum=8.0, step=0.5)  # alpha / rank


class Lora(Technique):
    """Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", beside every linear layer of the
    encoder. The exported model has them merged in: it is as large and as fast as any other."""

    key = "lora"
    group = "course"
    stages = ("train",)
    Options = Options
    # Schulman et al. 2025, "LoRA Without Regret": about ten times the rate of full fine-tuning.
    rate = 10.0

    def model(self, model: torch.nn.Module, context: Context) -> None:
        import torch
        from peft import LoraConfig, inject_adapter_in_model

        base = model.base_model
        names = [
            name
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear)
            and name.startswith(f"{model.base_model_prefix}.")
        ]
        frozen = {name for name, p in base.named_parameters() if not p.requires_grad}
        rank = int(self.options.rank)
        config = LoraConfig(
            r=rank, lora_alpha=self.options.scale * rank, lora_dropout=0.0, target_modules=names
        )
        inject_adapter_in_model(config, model)
        for name, parameter in model.named_parameters():
            below = name.removeprefix(f"{model.base_model_prefix}.")
            # What another technique has frozen stays so: no adapter learns in a frozen layer.
            if "lora_" in below:
                whole = below.split(".lora_")[0] + ".weight"
                parameter.requires_grad_(whole not in frozen)
            elif below == name:
                parameter.requires_grad_(True)  # the head
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        total = sum(p.numel() for p in model.parameters())
        done = message("technique.lora.done", trained=trained, share=trained / total)
        context.note(done)
        self.evidence.append(sentence(done))

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        from peft.tuners.tuners_utils import BaseTunerLayer

        for name, module in list(model.named_modules()):
            if isinstance(module, BaseTunerLayer):
                module.merge()
                above, _, own = name.rpartition(".")
                setattr(model.get_submodule(above), own, module.get_base_layer())
        vars(model).pop("peft_config", None)
