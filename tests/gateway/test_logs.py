"""What the log tells of a request: how it went, and nobody's id."""

import logging

import pytest

from tests.gateway._house import Practice, report


def test_a_line_names_the_route_and_no_id(practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sporbar.request")
    nurse = practice.join()
    reported = nurse.done("/deviations", report(reporter="anonymous"))
    nurse.post(f"/deviations/{reported['id']}/close", {"conclusion": "x"})
    nurse.client.get("/health/live")  # the line of a request is written when its answer has left
    lines = [record.getMessage() for record in caplog.records if record.name == "sporbar.request"]
    assert any(line.startswith("POST /v1/practices/{practice}/deviations 201 ") for line in lines)
    assert any("POST /v1/practices/{practice}/deviations/{deviation_id}/close 403 " in line for line in lines)
    for secret in (str(nurse.member), nurse.token, reported["id"], practice.name):
        assert secret not in caplog.text
