"""The page. It imports gradio, plotly and core; never torch, never transformers."""
