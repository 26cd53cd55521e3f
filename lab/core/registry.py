"""Registries of kinds: one file per kind, discovered, never listed by hand.

A kind is a frozen pydantic model whose fields are its parameters. In files it is written as a mapping with one key,
`{latency: {delay: 200ms}}`. Built-in kinds are the modules of the registry's own package; others come in by the entry
point group `lab.<package>` through the same door.
"""

import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from lab.core.errors import UsageError, did_you_mean
from lab.core.written import Written


class Kind(Written):
    """Base of every kind: its fields are its parameters, its docstring's first line describes it."""

    @classmethod
    def kind(cls) -> str:
        """The name it is registered under."""
        return str(getattr(cls, "_kind_name", cls.__name__))

    def written(self) -> dict[str, Any]:
        """The mapping with one key that reads back as this kind."""
        return {self.kind(): self.model_dump(mode="json", by_alias=True, exclude_defaults=True)}


K = TypeVar("K", bound=Kind)


class Registry(Generic[K]):
    """All kinds of one sort, loaded at first use.

    `package` is the dotted package whose modules hold the built-in kinds; `noun` is the word for one of them.
    """

    def __init__(self, package: str, noun: str) -> None:
        self.package = package
        self.noun = noun
        self._kinds: dict[str, type[K]] = {}
        self._loaded = self._loading = False
        self._lock = threading.RLock()

    def register(self, name: str) -> Callable[[type[K]], type[K]]:
        """Class decorator that makes the kind known under `name`."""

        def add(kind: type[K]) -> type[K]:
            taken = self._kinds.get(name)
            if taken is not None and taken.__qualname__ != kind.__qualname__:
                raise ValueError(f"two kinds of {self.noun} are called {name!r}")
            kind._kind_name = name  # type: ignore[attr-defined]  # set here, read by Kind.kind
            self._kinds[name] = kind
            return kind

        return add

    def load(self) -> None:
        """Import every built-in and installed kind; idempotent. Another thread waits until all are there."""
        if self._loaded:
            return
        with self._lock:
            if self._loaded or self._loading:  # a kind's own module may ask while it is imported
                return
            self._loading = True
            try:
                package = importlib.import_module(self.package)
                for module in pkgutil.iter_modules(package.__path__):
                    importlib.import_module(f"{self.package}.{module.name}")
                for point in entry_points(group=self.package):
                    point.load()
                self._loaded = True
            finally:
                self._loading = False

    def names(self) -> list[str]:
        """Every kind's name, sorted."""
        self.load()
        return sorted(self._kinds)

    def __iter__(self) -> Iterator[type[K]]:
        self.load()
        return iter(self._kinds[name] for name in self.names())

    def get(self, name: str) -> type[K]:
        """The kind of that name; UsageError with a suggestion otherwise."""
        self.load()
        try:
            return self._kinds[name]
        except KeyError:
            raise UsageError(
                f"There is no {self.noun} of kind {name!r}.",
                f"{did_you_mean(name, self._kinds)}Known kinds: {', '.join(self.names())}.",
            ) from None

    def read(self, written: Any) -> K:
        """A kind from its written form `{name: {parameters}}`; ValueError (or pydantic's) when it is not one."""
        if not isinstance(written, dict) or len(written) != 1:
            raise ValueError(f"expected a mapping with one key, the kind of {self.noun}")
        ((name, parameters),) = written.items()
        try:
            kind = self.get(str(name))
        except UsageError as error:
            raise ValueError(f"{error.what} {error.hint}") from None
        return kind.model_validate({} if parameters is None else parameters)


class OneOf:
    """Annotation for a pydantic field that holds any kind of a registry: `Annotated[Probe, OneOf(probes)]`."""

    def __init__(self, registry: Registry[Any]) -> None:
        self.registry = registry

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Any:
            return value if isinstance(value, Kind) else self.registry.read(value)

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(lambda kind: kind.written())
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        options = []
        for kind in self.registry:
            inner = handler(kind.__pydantic_core_schema__)
            options.append(
                {
                    "type": "object",
                    "title": kind.kind(),
                    "description": (kind.__doc__ or "").strip(),
                    "properties": {kind.kind(): inner},
                    "required": [kind.kind()],
                    "additionalProperties": False,
                }
            )
        return {"anyOf": options}
