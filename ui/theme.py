"""Colours and type: indigo on slate, the system's own fonts, nothing fetched from anywhere."""

from __future__ import annotations

import gradio as gr

FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Helvetica Neue",
    "Noto Sans",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)

# In light, and in dark where that is set on its own.
VARIABLES: dict[str, tuple[str, str | None]] = {
    "color_accent": ("*primary_600", None),
    "body_background_fill": ("*neutral_50", "#0b1120"),
    "body_text_color": ("*neutral_800", "*neutral_100"),
    "body_text_color_subdued": ("*neutral_600", "*neutral_300"),
    "background_fill_primary": ("white", "#131c31"),
    "background_fill_secondary": ("*neutral_50", "#0f172a"),
    "block_background_fill": ("white", "#131c31"),
    "block_border_color": ("*neutral_200", "#2b3954"),
    "block_info_text_size": ("0.86rem", None),
    "block_info_text_color": ("*neutral_600", "*neutral_300"),
    "block_label_text_color": ("*neutral_700", "*neutral_200"),
    "block_title_text_color": ("*neutral_800", "*neutral_100"),
    "block_title_text_weight": ("600", None),
    "block_shadow": ("none", None),
    "border_color_primary": ("*neutral_200", "#2b3954"),
    "button_primary_background_fill": ("*primary_600", "*primary_600"),
    "button_primary_background_fill_hover": ("*primary_700", "*primary_700"),
    "button_primary_text_color": ("white", None),
    "button_primary_border_color": ("*primary_600", "*primary_600"),
    "button_secondary_background_fill": ("white", "#1b2740"),
    "button_secondary_background_fill_hover": ("*neutral_100", "#24324f"),
    "button_secondary_border_color": ("*neutral_300", "#3a4a6b"),
    "button_secondary_text_color": ("*neutral_800", "*neutral_100"),
    "button_cancel_background_fill": ("white", "#1b2740"),
    "button_cancel_background_fill_hover": ("#fef2f2", "#3b1d26"),
    "button_cancel_border_color": ("#fca5a5", "#7f1d1d"),
    "button_cancel_text_color": ("#b91c1c", "#fca5a5"),
    "button_border_width": ("1px", "1px"),
    "input_border_width": ("1px", "1px"),
    "button_large_text_weight": ("600", None),
    "button_large_radius": ("10px", None),
    "input_background_fill": ("white", "#0f172a"),
    "input_border_color": ("*neutral_300", "#3a4a6b"),
    "input_placeholder_color": ("*neutral_500", "*neutral_400"),
    "checkbox_border_color": ("*neutral_400", "*neutral_400"),
}


def theme() -> gr.themes.Base:
    """Calm and high in contrast, in light and in dark."""
    values = {name: light for name, (light, _) in VARIABLES.items()}
    values |= {f"{name}_dark": dark for name, (_, dark) in VARIABLES.items() if dark}
    return gr.themes.Base(
        primary_hue="indigo",
        secondary_hue="indigo",
        neutral_hue="slate",
        font=list(FONTS),
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
        radius_size="lg",
        spacing_size="md",
        text_size="md",
    ).set(**values)
