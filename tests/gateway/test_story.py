"""A deviation over real HTTP, from the report to its closure, and what is shown of it."""

from tests.gateway._house import House, Practice, report


def test_smoke(house: House, practice: Practice) -> None:
    receipt = practice.manager.done("/deviations", report())
    data = practice.manager.data("query($n:Int!){practice(atLeast:$n){position deviations{totalCount edges{node{title status measures{id}}}}}}", n=receipt["position"])
    print(data)
