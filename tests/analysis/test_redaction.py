"""What must not leave does not leave, and what diagnosis needs stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from holdfast.analysis.redaction import redact, redact_all

SECRETS = {
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQ\n-----END RSA PRIVATE KEY-----",
    "jwt": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLWhlcmU",
    "aws-key": "AKIAIOSFODNN7EXAMPLE",
    "github-token": "ghp_" + "a1B2" * 9,
    "slack-token": "xoxb-1234567890-abcdefghij",
    "stripe-key": "sk_live_" + "4eC39HqLyjWD",
    "model-key": "sk-proj-abcdefghijklmnopqrstuvwx",
    "google-key": "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "authorization": "Bearer abc123def456ghi789",
    "cookie": "Set-Cookie: session=abc; Path=/",
    "url-password": "postgres://app:s3cr3t-pw@orders-db:5432/orders",
    "secret": "DB_PASSWORD=correct-horse",
    "email": "bob.smith+x@mail.example.com",
    "phone": "+44 20 7946 0958",
    "iban": "DE89 3704 0044 0532 0130 00",
    "social-security": "078-05-1120",
    "card": "4111 1111 1111 1111",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_of_secret_is_replaced_by_its_name(kind: str) -> None:
    """The words around it stay, the secret does not."""
    secret = SECRETS[kind]
    found = redact(f"before [{secret}] after")
    assert f"[redacted:{kind}]" in found
    assert found.startswith("before ")
    assert secret not in found
    assert "s3cr3t-pw" not in found
    assert "correct-horse" not in found


@pytest.mark.parametrize("kind", SECRETS)
def test_redacting_twice_changes_nothing_more(kind: str) -> None:
    """Text is redacted where it is stored, shown and sent: always the same text."""
    once = redact(f"a {SECRETS[kind]} b")
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T03:00:00.123456+00:00",
        "2026-03-01T03:00:00-05:00 took 1772334000123 ns",
        "1700000000.000100",
        "shop/checkout:2.4.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit 4111111111111111a 9f2c41d7ab034111111111111111",
        "pod checkout-7d9f8c6b5-x2x4z on 10.0.12.7:8080",
        "prompt_tokens=1234 max_tokens: 4000",
        "basic authentication failed for user",
        "4f3a1b2c-1111-4222-8333-444455556666",
        'service:error_ratio{environment="production",service="checkout"}',
        "inc/acme/production/checkout",
        "trace=4bf92f3577b34da6a3ce929d0e0e4736",
        "ev-0123456789ab",
        "order 4111111111111112 not found",
    ],
)
def test_what_diagnosis_needs_is_left_alone(text: str) -> None:
    """Times, digests, names, addresses, ids and numbers that only look like cards."""
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"api_key": "abc def", "user": "x"}',
        "api-key: 'abc def'",
        "client_secret=abcdefgh&grant=x",
        "AccountKey=abcdefgh==;EndpointSuffix=x",
    ],
)
def test_a_secret_is_known_by_its_name_in_every_notation(text: str) -> None:
    """JSON, YAML, query strings and connection strings."""
    found = redact(text)
    assert "[redacted:secret]" in found
    assert "abc" not in found


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("DB_PASS=", "S3cretPass99", ""),
        ("DB_PASS=", "correct-horse", " DB_USER=app"),
        ("mail.pass: ", "hunter2x", "\n"),
        ('{"pass": ', '"S3cretPass99"', "}"),
        ("pass: ", "hunter2hunter2", ""),
        ("passcode=", "open-sesame", ""),
        ("password is ", "hunter2secret", ", tell nobody"),
        ("the token was ", "4bf92f3577b34da6", ""),
        ("api key is: ", "a1b2c3d4e5", ""),
        ("password ", "'S3cretPass!'", " rejected"),
        ("PGPASSWORD ", "hunter2hunter2", ""),
        ("Authorization: token ", "abcdef1234567890abcdef", ""),
        ('{"authorization": "', "abcdef1234567890", '"}'),
        ("curl -u admin:", "S3cretPass", " http://x"),
        ("curl --user=admin:", "p@ss", " http://x"),
        ("mysql -u root -p", "S3cretPass", " db"),
        ("mysqldump --host db -p'", "hunter two'", ""),
        ("redis-cli -h cache -a ", "hunter2", " ping"),
        ("", "glpat-abcdefghijklmnopqrst", ""),
        ("", "npm_" + "aB3" * 12, ""),
        ("", "hvs.CAESIJ" + "a" * 40, ""),
        ("", "dckr_pat_abcdefghijklmnopqrstuvwxyz", ""),
        ("", "SG." + "a" * 22 + "." + "b" * 43, ""),
        ("", "xapp-1-A111-222-abcdef", ""),
        ("https://x.blob.core.windows.net/c?sv=2024&sig=", "AbCdEf1234567890%3D", "&se=1"),
        ("GET /o?X-Amz-Signature=", "fe5f80f77d5fa3beca038a248ff027", ""),
        ("connect scott/", "tiger", "@//h:1521/x"),
        ("jdbc:oracle:thin:scott/", "tiger", "@//h:1521/x"),
        ("sqlplus -s scott/", "tiger", "@orcl"),
        ("scott/", "tiger", "@ORCL refused"),
        ("scott/", "tiger", "@db.shop:1521/orcl"),
        ("- name: DB_PASS\n          value: ", "correct-horse", "\n"),
        ('{"name": "DB_PASSWORD", "value": ', '"correct horse"', "}"),
    ],
)
def test_a_secret_of_any_usual_form_is_taken_and_what_stands_around_it_stays(
    before: str, secret: str, after: str
) -> None:
    """In variables, sentences, headers, command lines, addresses and pairs; and once and for all."""
    found = redact(f"{before}{secret}{after}")
    assert secret.strip("'").split()[0] not in found
    assert found.startswith(before)
    assert found.endswith(after)
    assert "[redacted:" in found
    assert redact(found) == found


@pytest.mark.parametrize(
    "text",
    [
        "tests pass: 12, fail: 3",
        "second_pass: 1234 rows",
        "checks_pass=true",
        "pass: 1200ms",
        "auth: failed for user bob",
        "auth=oauth2 sig: SIGKILL",
        "client_auth: scram-sha-256",
        "mysql.auth: required",
        "password is required and was not given",
        "token is expired since 2026-03-01T12:00:00Z",
        "the secret was rotated; password was changed 3 days ago",
        "api key is not set",
        "authorization: denied for role viewer",
        'secret "checkout-tls-7f2" not found',
        "docker run -u 1000:1000 shop/checkout",
        "ssh -p2222 host; mkdir -p /var/lib/mysql",
        "mysql -h db -p3307 is a port",
        "uses: actions/checkout@v4 and org/app@main, a/b@HEAD",
        "shop/checkout@sha256:9f86d081884c7d659a2feaa0c55ad015",
        "bypass: 2 compass=north authority: letsencrypt",
        "- name: DB_HOST\n  value: orders-db",
        "npm_config_cache=/tmp npm_lifecycle_event=start",
    ],
)
def test_words_that_only_sound_like_secrets_stay_readable(text: str) -> None:
    """Counts, states, kinds of authentication, names of secrets, users by number, images and branches."""
    assert redact(text) == text


def test_what_stands_beside_a_secret_stays() -> None:
    """The next field is not taken with it."""
    assert redact('{"api_key": "abc def", "user": "x"}') == '{"api_key": [redacted:secret], "user": "x"}'


@given(st.text(max_size=200))
def test_any_text_is_redacted_once_and_for_all(text: str) -> None:
    """Idempotent on whatever there is."""
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "1 " * 100_000,
        "x@" * 100_000,
        "a.b." * 50_000,
        "://" * 60_000,
        "password" * 20_000,
        "+1 " * 60_000,
        "cookie:" * 30_000,
        "bearer " * 30_000,
        "AB12" * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 8_000,
    ],
)
def test_hostile_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    """No pattern runs away on a text made for it: eight times the text, about eight times the time."""
    short, long = (min(_seconds(text[: len(text) // part]) for _ in range(3)) for part in (8, 1))
    assert long < 20 * short + 0.05


@pytest.mark.parametrize(
    "line",
    [
        "mysql -p ",
        "mysql x" + " -" * 60,
        "redis-cli - ",
        "name: A_pass ",
        "name: password, ",
        "db_pass_pass.pass-",
        "password is ",
        "a.b/c.d/",
        "scott/tiger@",
        "authorization: x ",
        "--user a ",
        "sqlplus -s -s ",
        "auth sig pass ",
        '"pass": "',
        "jdbc:oracle:thin:",
    ],
)
def test_a_megabyte_takes_eight_times_as_long_as_an_eighth_of_it(line: str) -> None:
    """Whatever it repeats; by the ratio, so that a slow machine says the same."""
    text = (line * (1_000_000 // len(line) + 1))[:1_000_000]
    short, long = (min(_seconds(text[: len(text) // part]) for _ in range(2)) for part in (8, 1))
    assert long < 20 * short + 0.05


def _seconds(text: str) -> float:
    started = time.process_time()
    redact(text)
    return time.process_time() - started


def test_twenty_thousand_lines_a_second_at_least() -> None:
    """Every line of every answer passes here, so it must not be what takes the time."""
    lines = [
        "GET /api/v1/cart/8412 200 12ms trace=4bf92f3577b34da6",
        "ERROR refused by orders-db:5432 token=abcd1234",
    ] * 1000
    started = time.process_time()
    for line in lines:
        redact(line)
    assert len(lines) / (time.process_time() - started) > 20_000


WORDS = st.text("abcdefghijklmnop", min_size=1, max_size=12)
PARTS = ("password", "client_secret", "apiKey", "x-api-key", "access_token", "DB_PASSWD", "tokens", "credentials")
PLAIN = st.recursive(st.none() | st.booleans() | WORDS, lambda v: st.lists(v) | st.dictionaries(WORDS, v), max_leaves=8)


@given(st.sampled_from(PARTS), st.text("QXZ#!", min_size=1, max_size=30), st.lists(WORDS, max_size=4))
def test_a_value_is_known_as_a_secret_by_its_key(key: str, value: str, path: list[str]) -> None:
    """However deep it lies, and however little it looks like one."""
    body: JsonValue = {key: value, "beside": [{"seen": value[:0]}]}
    for step in path:
        body = {step: [body]}
    found = redact_all({"top": body})
    assert value not in str(found)
    assert f"'{key}': '[redacted:secret]'" in str(found)


@given(st.sampled_from(PARTS), st.lists(st.text("QXZ#!", min_size=1), min_size=1))
def test_every_text_of_a_list_below_such_a_key_is_one(key: str, values: list[str]) -> None:
    """Such as old and new password."""
    assert redact_all({key: list(values)}) == {key: ["[redacted:secret]"] * len(values)}


@given(st.dictionaries(WORDS, PLAIN))
def test_what_no_key_calls_a_secret_keeps_its_shape_and_its_words(body: dict[str, JsonValue]) -> None:
    """Nothing that diagnosis needs is taken; redacting adds no key and takes none."""
    assert redact_all(body) == body


@given(st.dictionaries(st.sampled_from((*PARTS, "name", "key", "value", "lines")), PLAIN | st.integers() | st.text()))
def test_a_body_is_redacted_once_and_for_all(body: dict[str, JsonValue]) -> None:
    """Idempotent, as for texts; keys stay."""
    once = redact_all(body)
    assert redact_all(once) == once
    assert once.keys() == body.keys()


def test_an_environment_variable_is_a_pair_as_well() -> None:
    """Kubernetes writes name and value side by side."""
    env: list[JsonValue] = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "REGION", "value": "eu-1"}]
    assert redact_all({"env": env})["env"] == [
        {"name": "DB_PASSWORD", "value": "[redacted:secret]"},
        {"name": "REGION", "value": "eu-1"},
    ]


@pytest.mark.parametrize(
    "pair",
    [
        {"token": 3},
        {"prompt_tokens": 12345},
        {"max_tokens": 4000},
        {"next_token": "page-2"},
        {"password": ""},
        {"password": None},
        {"password": True},
        {"secret": {"name": "checkout-tls"}},
        {"secret_file": "/run/secrets/a"},
        {"monkey": "banana"},
    ],
)
def test_counts_pages_and_the_names_of_secrets_stay(pair: dict[str, JsonValue]) -> None:
    """A key that sounds like a secret does not make everything below it one."""
    assert redact_all(pair) == pair


@pytest.mark.parametrize(
    "pair",
    [
        {"pass": "S3cretPass99"},
        {"dbPass": "S3cretPass99"},
        {"auth": "S3cretPass99"},
        {"passcode": "12345"},
        {"authorization": "abc"},
        {"sig": "AbCdEf1234567890%3D"},
        {"name": "DB_PASS", "value": "S3cretPass99"},
        {"headers": [["authorization", "abc123456789012345"]]},
    ],
)
def test_a_key_that_may_mean_more_takes_what_looks_like_a_secret(pair: dict[str, JsonValue]) -> None:
    """Keys, names beside values, and headers as pairs."""
    found = str(redact_all(pair))
    assert "[redacted:secret]" in found
    assert "S3cret" not in found
    assert "123" not in found


@pytest.mark.parametrize(
    "pair",
    [
        {"pass": 12},
        {"pass": "yes"},
        {"auth": "failed"},
        {"auth": "oauth2"},
        {"sig": "SIGKILL"},
        {"compass": "n0rth-1"},
        {"name": "DB_HOST", "value": "orders-db-1"},
        {"fields": ["password", "username"]},
    ],
)
def test_a_key_that_may_mean_more_leaves_what_does_not(pair: dict[str, JsonValue]) -> None:
    """Counts and states are what diagnosis reads."""
    assert redact_all(pair) == pair


def test_a_number_may_be_a_password() -> None:
    """Four digits and more."""
    assert redact_all({"pwd": 123456}) == {"pwd": "[redacted:secret]"}
