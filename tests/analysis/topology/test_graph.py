"""The graph bears what real ones hold: cycles, names nobody mentioned, and calls of a place to itself."""

from holdfast.analysis.topology.graph import Role, Topology, explained

SHOP = Topology(
    calls={"web": frozenset({"cart", "pay"}), "cart": frozenset({"store"}), "pay": frozenset({"bank"})},
    instance_of={"cart-0": "cart", "cart-1": "cart"},
    runs_on={"cart-0": "host-a"},
)
RING = Topology(
    calls={"a": frozenset({"b"}), "b": frozenset({"a", "c"}), "c": frozenset({"c"})},
)


def test_what_a_place_calls_is_followed_to_the_end() -> None:
    """Directly and through others."""
    assert SHOP.below("web") == {"cart", "pay", "store", "bank"}
    assert SHOP.below("bank") == frozenset()


def test_a_cycle_ends_the_walk_and_not_the_program() -> None:
    """Each place on it is below itself."""
    assert RING.below("a") == {"a", "b", "c"}
    assert RING.distance("a", "c") == 2


def test_an_unknown_name_has_no_neighbours() -> None:
    """It is far from everything but itself."""
    assert SHOP.below("nobody") == frozenset()
    assert SHOP.distance("nobody", "web") is None
    assert SHOP.distance("nobody", "nobody") == 0
    assert SHOP.role("nobody") is Role.UNKNOWN


def test_a_place_has_the_role_its_edges_give_it() -> None:
    """Only called, only hosted, or only hosting."""
    assert [SHOP.role(n) for n in ("bank", "cart-1", "host-a")] == [Role.SERVICE, Role.INSTANCE, Role.HOST]
    assert SHOP.instances == {"cart": ("cart-0", "cart-1")}


def test_the_farthest_unwell_place_explains_those_above_it_even_past_a_well_one() -> None:
    """The web shop and the cart suffer from the store; the bank suffers by itself."""
    assert explained(SHOP, ("web", "store", "bank")) == {"web"}


def test_places_on_one_cycle_do_not_explain_each_other() -> None:
    """Otherwise none would remain; what lies below the cycle explains all of it."""
    assert explained(RING, ("a", "b")) == frozenset()
    assert explained(RING, ("a", "b", "c")) == {"a", "b"}
