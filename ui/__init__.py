"""The page. It imports gradio, plotly and core; never torch, never transformers."""

from ui.kit.stubs import leave_out_stubs

leave_out_stubs()
