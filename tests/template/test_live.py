"""The live map: its page is public, the city is not, and a viewer's cost is bounded."""

from __future__ import annotations

import json
import re

import pytest

from traffic.live_map import settings
from traffic.live_map.handling import OWNER
from traffic.settings import required

from .reports.resolve import Stack
from .template import (
    PARAMETERS,
    RESOURCES,
    TEMPLATE,
    of_type,
    properties,
    shown,
    statements,
)

ROUTES = of_type("AWS::ApiGatewayV2::Route")
OWN = "https://${LiveHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
ISSUER = "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${Controllers}"
CLIENT = properties("LivePage")
STAGE = properties("LiveStage")


def test_only_the_pages_own_files_are_public() -> None:
    public = {
        route["Properties"]["RouteKey"]
        for route in ROUTES.values()
        if route["Properties"]["AuthorizationType"] == "NONE"
    }

    assert public == {
        "GET /",
        "GET /config.json",
        "GET /app/{file+}",
        "GET /vendor/{file+}",
    }


def test_every_other_route_asks_for_a_token_of_the_controllers_pool() -> None:
    guarded = {
        name
        for name, route in ROUTES.items()
        if route["Properties"]["AuthorizationType"] != "NONE"
    }
    route, authorizer = properties("LiveApiRoute"), properties("LiveAuthorizer")

    assert guarded == {"LiveApiRoute", "FeedRoute"}
    assert route["RouteKey"] == "ANY /api/{route+}"
    assert route["AuthorizationType"] == "JWT"
    assert route["AuthorizerId"] == {"Ref": "LiveAuthorizer"}
    assert authorizer["JwtConfiguration"] == {
        "Issuer": {"Fn::Sub": ISSUER},
        "Audience": [{"Ref": "LivePage"}],
    }


@pytest.mark.parametrize(
    ("machines", "audience"),
    [("false", ["livepage"]), ("true", ["livepage", "feedreader"])],
)
def test_a_machine_is_let_in_to_the_feeds_alone_and_only_if_asked_for(
    machines: str, audience: list[str]
) -> None:
    stack = Stack({"MachineFeeds": machines})
    route, authorizer = properties("FeedRoute"), stack.properties("FeedAuthorizer")

    assert PARAMETERS["MachineFeeds"]["Default"] == "false"
    assert route["RouteKey"] == "GET /feeds/{feed}"
    assert route["AuthorizationType"] == "JWT"
    assert route["AuthorizerId"] == {"Ref": "FeedAuthorizer"}
    told = [one for one in authorizer["JwtConfiguration"]["Audience"] if one]
    assert [one.rpartition("-")[2] for one in told] == audience
    issuer = properties("FeedAuthorizer")["JwtConfiguration"]["Issuer"]
    assert issuer == {"Fn::Sub": ISSUER}
    for name in ("FeedScopes", "FeedReader"):
        assert RESOURCES[name]["Condition"] == "HasMachineFeeds"


def test_the_machines_client_reads_feeds_and_signs_nobody_in() -> None:
    reader, scopes = properties("FeedReader"), properties("FeedScopes")

    assert reader["GenerateSecret"] is True
    assert reader["AllowedOAuthFlows"] == ["client_credentials"]
    assert reader["AllowedOAuthScopes"] == ["feeds/read"]
    assert scopes["Identifier"] == "feeds"
    assert [one["ScopeName"] for one in scopes["Scopes"]] == ["read"]
    assert reader["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert {"CallbackURLs", "SupportedIdentityProviders"} & set(reader) == set()
    assert (reader["AccessTokenValidity"], reader["TokenValidityUnits"]) == (
        60,
        {"AccessToken": "minutes"},
    )


def test_each_variable_of_the_live_api_comes_from_its_part_of_the_stack() -> None:
    told = properties("LiveApi")["Environment"]["Variables"]

    assert {name: shown(value) for name, value in told.items()} == {
        "SEGMENTS_TABLE": "RoadSegments",
        "HISTORY_TABLE": "SegmentHistory",
        "ALERTS_TABLE": "CongestionAlerts",
        "INCIDENTS_TABLE": "TrafficIncidents",
        "PROFILES_BUCKET": "Profiles",
        "STACK_NAME": "AWS::StackName",
        "CONGESTION_HIGH_THRESHOLD": "CongestionHighThreshold",
        "CONGESTION_SEVERE_THRESHOLD": "CongestionSevereThreshold",
        "CONGESTION_CLEAR_THRESHOLD": "CongestionClearThreshold",
        "TIME_ZONE": "ReportTimeZone",
        "SPEED_UNIT": "SpeedUnit",
        "USER_POOL_CLIENT_ID": "LivePage",
        "USER_POOL_DOMAIN": "https://${SignIn}.${auth}.${AWS::Region}.amazoncognito.com",
        "USER_POOL_ISSUER": ISSUER,
        "MAP_STYLE_URL": "MapStyleUrl",
    }
    assert set(told) == set(required(settings.LiveMapSettings))


def test_only_administrators_make_users_and_passwords_are_strong() -> None:
    pool = properties("Controllers")
    password = pool["Policies"]["PasswordPolicy"]
    asked = {name for name in password if name.startswith("Require")}

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert password["MinimumLength"] >= 12
    assert {password[name] for name in asked} == {True}
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("environment", "asked", "found"),
    [
        ("dev", "AUTO", "OFF"),
        ("production", "AUTO", "ON"),
        ("production", "OFF", "OFF"),
        ("production", "OPTIONAL", "OPTIONAL"),
        ("dev", "ON", "ON"),
    ],
)
def test_a_second_factor_is_required_in_production_unless_told_otherwise(
    environment: str, asked: str, found: str
) -> None:
    chosen = {"Environment": environment, "UserPoolMfa": asked}
    pool = Stack(chosen).properties("Controllers")

    assert PARAMETERS["UserPoolMfa"]["Default"] == "AUTO"
    assert pool["MfaConfiguration"] == found
    assert pool.get("EnabledMfas") == (
        None if found == "OFF" else ["SOFTWARE_TOKEN_MFA"]
    )


def test_a_refresh_token_is_good_once() -> None:
    rotation = CLIENT["RefreshTokenRotation"]

    assert rotation == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}


def test_the_sign_in_page_needs_no_branding() -> None:
    assert properties("SignIn")["ManagedLoginVersion"] == 1


def test_the_users_outlive_the_stack_and_are_protected_in_production() -> None:
    pool = RESOURCES["Controllers"]

    assert pool["DeletionPolicy"] == "RetainExceptOnCreate"
    assert pool["UpdateReplacePolicy"] == "Retain"
    protection = pool["Properties"]["DeletionProtection"]
    assert protection == {"Fn::If": ["HasProtection", "ACTIVE", "INACTIVE"]}


def test_the_page_signs_in_by_code_alone_and_keeps_no_secret() -> None:
    assert CLIENT["GenerateSecret"] is False
    assert CLIENT["AllowedOAuthFlows"] == ["code"]
    assert CLIENT["ExplicitAuthFlows"] == ["ALLOW_CUSTOM_AUTH"]
    assert "LambdaConfig" not in properties("Controllers")  # which nobody can finish
    assert CLIENT["PreventUserExistenceErrors"] == "ENABLED"


@pytest.mark.parametrize("urls", ["CallbackURLs", "LogoutURLs"])
def test_sign_in_returns_to_the_page_and_nowhere_else(urls: str) -> None:
    site = {
        "Fn::If": ["HasSiteUrl", {"Fn::Sub": "${SiteUrl}/"}, {"Ref": "AWS::NoValue"}]
    }

    assert CLIENT[urls] == [{"Fn::Sub": f"{OWN}/"}, site]


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("", True),
        ("https://map.example.org", True),
        ("http://127.0.0.1:8080", True),
        ("https://map.example.org/", False),
        ("map.example.org", False),
        ("https://map.example.org/a b", False),
    ],
)
def test_a_site_is_named_without_the_slash_that_sign_in_adds(
    url: str, is_taken: bool
) -> None:
    pattern = PARAMETERS["SiteUrl"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, url)) is is_taken


def test_what_viewers_may_cost_is_bounded_by_parameters() -> None:
    assert STAGE["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "LiveApiThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "LiveApiThrottleBurst"},
    }
    assert properties("LiveApi")["ReservedConcurrentExecutions"] == {
        "Fn::If": [
            "HasLiveApiConcurrency",
            {"Ref": "LiveApiReservedConcurrency"},
            {"Ref": "AWS::NoValue"},
        ]
    }
    assert PARAMETERS["LiveApiReservedConcurrency"]["Default"] > 0


def test_who_asked_for_what_is_logged_but_no_token() -> None:
    logged = json.loads(STAGE["AccessLogSettings"]["Format"])

    assert {"user", "ip", "route", "status", "refused"} <= set(logged)
    assert [value for value in logged.values() if "header" in value] == []
    log_group = shown(STAGE["AccessLogSettings"]["DestinationArn"])
    assert log_group.endswith(":log-group:${LiveAccessLogs}")


def test_only_this_api_may_run_the_function() -> None:
    assert properties("LiveApiPermission") == {
        "FunctionName": {"Ref": "LiveApi"},
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {
            "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:"
            "${AWS::AccountId}:${LiveHttpApi}/*/*"
        },
    }


def test_of_an_alert_only_what_controllers_do_can_be_written() -> None:
    (policy,) = (
        one["PolicyDocument"]
        for one in properties("LiveApiRole")["Policies"]
        if one["PolicyName"] == "acknowledge-alerts"
    )
    (statement,) = statements(policy)

    attributes = ["alert_id", *OWNER, "closed_level", "handled"]
    assert statement["Action"] == "dynamodb:UpdateItem"
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": attributes},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"},
    }


def test_the_outputs_say_where_the_map_and_its_sign_in_are() -> None:
    outputs = TEMPLATE["Outputs"]

    assert outputs["LiveUrl"]["Value"] == {
        "Fn::If": ["HasSiteUrl", {"Fn::Sub": "${SiteUrl}/"}, {"Fn::Sub": f"{OWN}/"}]
    }
    assert outputs["LiveApiId"]["Value"] == {"Ref": "LiveHttpApi"}
    assert shown(outputs["UserPoolDomain"]["Value"]) == (
        "https://${SignIn}.${auth}.${AWS::Region}.amazoncognito.com"
    )
    (_, names) = outputs["UserPoolDomain"]["Value"]["Fn::Sub"]
    assert names == {"auth": {"Fn::If": ["IsGovCloud", "auth-fips", "auth"]}}
