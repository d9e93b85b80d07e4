"""LoRA: small matrices beside the frozen ones learn; in the end they are added into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.options import option
from core.technique import Context, Technique
from core.words import message

if TYPE_CHECKING:
    import torch


class Lora(Technique):
    """Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", beside every linear layer of the
    encoder. The exported model has them merged in: it is as large and as fast as any other."""

    key = "lora"
    modalities = ("text",)
    group = "course"
    stages = ("train",)
    # Schulman et al. 2025, "LoRA Without Regret": about ten times the rate of full fine-tuning.
    rate = 10.0

    @dataclass(frozen=True)
    class Options:
        rank: int = option(8, minimum=1, maximum=64, step=1)
        scale: float = option(2.0, minimum=0.5, maximum=8.0, step=0.5)  # alpha / rank

    def model(self, model: torch.nn.Module, context: Context) -> None:
        import torch
        from peft import LoraConfig, inject_adapter_in_model

        from core.models.surgery.layers import trained_share

        prefix = f"{model.base_model_prefix}."
        names = [
            name
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and name.startswith(prefix)
        ]
        frozen = {name for name, p in model.base_model.named_parameters() if not p.requires_grad}
        rank, alpha = int(self.options.rank), self.options.scale * self.options.rank
        inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=alpha, target_modules=names), model)
        for name, parameter in model.named_parameters():
            below = name.removeprefix(prefix)
            # What another technique has frozen stays so: no adapter learns in a frozen layer.
            if "lora_" in below:
                whole = below.split(".lora_")[0] + ".weight"
                parameter.requires_grad_(whole not in frozen)
            elif below == name:
                parameter.requires_grad_(True)  # the head
        trained, share = trained_share(model)
        self.tell(context, message("technique.lora.done", trained=trained, share=share))

    def finish(self, model: torch.nn.Module, context: Context) -> None:
        from peft.tuners.tuners_utils import BaseTunerLayer

        for name, module in list(model.named_modules()):
            if isinstance(module, BaseTunerLayer):
                module.merge()
                above, _, own = name.rpartition(".")
                setattr(model.get_submodule(above), own, module.get_base_layer())
        vars(model).pop("peft_config", None)
