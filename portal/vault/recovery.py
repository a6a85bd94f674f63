"""A seed that any k of n custodians open together and fewer do not: nested HPKE, no field arithmetic.

For each k of the custodians the seed is wrapped to them one after another; whoever stands first in the list
opens first. A random value that is shared in the same way lets them rehearse without touching the seed.
The layout is docs/sealed-format.md, section 8.1.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from portal.errors import InvalidError
from portal.vault.seal import KEY_SIZE, Label, Sealed, UnsealError, context
from portal.vault.shares import Custodian, Kind, PartlyOpened, Shares, Subset, agree, digest_of, subsets
from portal.vault.wrap import public_key, unwrap, wrap

__all__ = [
    "Custodian",
    "Kind",
    "PartlyOpened",
    "Shares",
    "begin",
    "open",
    "peel",
    "rehearse",
    "share",
    "whose",
]


def share(
    seed: bytes,
    custodians: Sequence[Custodian],
    k: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Shares:
    """Wrap a 32-byte seed so that any `k` of the custodians (2 <= k <= n <= 9) open it together.

    `random` draws the rehearsal value. InvalidError for a key or a name that stands there twice, for a key
    that is none, and for other numbers; ValueError for a seed of another size.
    """
    agree(custodians, k)
    value = random(KEY_SIZE)
    made = Shares(tuple(custodians), k, digest_of(public_key(seed)), digest_of(value))
    made = replace(made, seeds=_layers(made, Kind.SEED, seed))
    return replace(made, rehearsals=_layers(made, Kind.REHEARSAL, value))


def begin(shares: Shares, kind: Kind = Kind.SEED) -> PartlyOpened:
    """Begin to open the seed or the rehearsal value: nobody has taken a layer off yet."""
    seed = kind is Kind.SEED
    return PartlyOpened(
        kind=kind,
        custodians=shares.custodians,
        need=shares.need,
        bound=shares.bound(kind),
        proof=shares.recovery if seed else shares.rehearsal,
        by=(),
        wrapped=shares.seeds if seed else shares.rehearsals,
    )


def peel(given: Shares | PartlyOpened, custodian_seed: bytes) -> PartlyOpened:
    """Take one custodian's layer off; custodians come in the order of the list.

    InvalidError says who is wrong here (nobody on the list, twice, too early, too late) or that the file is
    damaged. When the last layer is off, `PartlyOpened.secret` is what was shared, and it was checked.
    """
    now = begin(given) if isinstance(given, Shares) else given
    if not now.missing:
        raise InvalidError("It is open already; nobody else is needed.")
    index = whose(now.custodians, custodian_seed)
    _ask_turn(now, index)
    opened = [
        _without_layer(now, (*now.by, *rest), len(now.by), blob, custodian_seed)
        for rest, blob in zip(now.left, now.wrapped, strict=True)
        if rest[0] == index
    ]
    return _checked(replace(now, by=(*now.by, index), wrapped=tuple(opened)))


def open(shares: Shares, custodian_seeds: Iterable[bytes]) -> bytes:  # noqa: A001 - read as recovery.open
    """Give the seed that was shared, to k custodians at one machine, in any order.

    InvalidError when they are fewer than k, when one is there twice or not on the list, and when their
    layers are damaged.
    """
    return _opened(begin(shares), custodian_seeds)


def rehearse(shares: Shares, custodian_seeds: Iterable[bytes]) -> None:
    """Prove that k custodians' sheets open what they should, and that all layers of the seed are whole.

    The seed stays shut: another value is opened. Raises InvalidError as `open` does.
    """
    _opened(begin(shares, Kind.REHEARSAL), custodian_seeds)


def whose(custodians: Sequence[Custodian], custodian_seed: bytes) -> int:
    """Say whose seed this is (the place in the list, from 0); InvalidError when it is nobody's."""
    public = public_key(custodian_seed)
    for index, one in enumerate(custodians):
        if one.public == public:
            return index
    raise InvalidError("This sheet belongs to none of these custodians.")


def _ask_turn(now: PartlyOpened, index: int) -> None:
    name, following = now.custodians[index].name, " or ".join(now.next_names)
    if index in now.by:
        raise InvalidError(f"{name} has opened a layer already. Next can be {following}.")
    if now.by and index < now.by[-1]:
        last = now.custodians[now.by[-1]].name
        raise InvalidError(
            f"{name} stands before {last} in the list and cannot come later. "
            f"Begin again with {name}, or go on with {following}."
        )
    if all(rest[0] != index for rest in now.left):
        raise InvalidError(
            f"It is not {name}'s turn: {now.missing} more are needed, in the order of the list. "
            f"Next can be {following}."
        )


def _opened(now: PartlyOpened, custodian_seeds: Iterable[bytes]) -> bytes:
    found: dict[int, bytes] = {}
    for seed in custodian_seeds:
        index = whose(now.custodians, seed)
        if index in found:
            raise InvalidError(f"The sheet of {now.custodians[index].name} is there twice.")
        found[index] = seed
    if len(found) < now.need:
        raise InvalidError(f"{now.need - len(found)} more of the custodians are needed.")
    subset = tuple(sorted(found)[: now.need])
    blob = now.wrapped[now.left.index(subset)]
    for layer, index in enumerate(subset):
        blob = _without_layer(now, subset, layer, blob, found[index])
    return _checked(replace(now, by=subset, wrapped=(blob,))).secret


def _layers(shares: Shares, kind: Kind, secret: bytes) -> tuple[Sealed, ...]:
    bound = shares.bound(kind)
    made = []
    for subset in subsets(len(shares.custodians), shares.need):
        blob = secret
        for layer, index in reversed(list(enumerate(subset))):
            blob = wrap(shares.custodians[index].public, blob, _place(kind, bound, subset, layer))
        made.append(Sealed(blob))
    return tuple(made)


def _place(kind: Kind, bound: bytes, subset: Subset, layer: int) -> bytes:
    return context(Label.WRAP_RECOVERY, kind.value, bound, bytes(subset), layer)


def _without_layer(now: PartlyOpened, subset: Subset, layer: int, blob: bytes, seed: bytes) -> bytes:
    try:
        return unwrap(seed, Sealed(blob), _place(now.kind, now.bound, subset, layer))
    except UnsealError:
        name = now.custodians[subset[layer]].name
        raise InvalidError(f"{name}'s layer does not open: the file is damaged. Use another copy.") from None


def _checked(now: PartlyOpened) -> PartlyOpened:
    """Refuse an opened value that is not the one the file promises; a forged file can hold any."""
    if not now.missing:
        value = now.secret
        fits = len(value) == KEY_SIZE and now.proof == digest_of(
            value if now.kind is Kind.REHEARSAL else public_key(value)
        )
        if not fits:
            raise InvalidError("What was opened is not what the file promises. Use another copy.")
    return now
