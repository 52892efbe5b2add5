"""A bad file: every mistake at once, each one line with its key and the way out."""
# ruff: noqa: E501  cases read best one a line

import pytest

from tests.bot.settings.conftest import Desk

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("colour = 5", "colour: unknown section; there are bot, desk, fetch, sources, channels, topics, cards"),
        ("[chanels.x]", 'chanels: unknown section; did you mean "channels"?'),
        ("[bot]\nlangage = 'fr'", 'bot.langage: unknown key; did you mean "language"?'),
        ("[desk]\nzzz = 1", "desk.zzz: unknown key; it knows listen, proxies, public_url, telegram"),
        ("bot = 5", "bot: must be a table, not 5"),
        ("[[channels]]", "channels: must hold tables: write [channels.NAME]"),
        ("channels.x = 5", "channels.x: must be a table: write [channels.x]"),
        ("bot.timezone = 'Amrica/Toronto'", 'bot.timezone: unknown time zone "Amrica/Toronto"; did you mean "America/Toronto"?'),
        ("bot.language = 'de'", 'bot.language: "de" is not one of "fr" or "en"'),
        ("bot.grace = 10", 'bot.grace: 10 is no duration; write it with its unit, like "24h", "10m" or "2h30m"'),
        (
            "bot.database = 'mysql://a/b'",
            'bot.database: "mysql://a/b" is no database; write "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/NAME"',
        ),
        ("fetch.max_bytes = '10 apples'", 'fetch.max_bytes: "10 apples" is no size; write it like "10MB"'),
        ("fetch.max_bytes = 0", "fetch.max_bytes: must be more than 0, not 0"),
        ("fetch.allow_private = '127.0.0.1'", 'fetch.allow_private: must be a list, like ["..."], not "127.0.0.1"'),
        (
            'fetch.contact = "a\\r\\nX-Evil: 1"',
            'fetch.contact: "a\\r\\nX-Evil: 1" is no way to reach people; write it like "mailto:bot@example.org"',
        ),
        ("[sources.a]", "sources.a: name either a url or a pack"),
        ("sources.a = { url = 'http://a/', pack = 'b' }", "sources.a: name either a url or a pack"),
        ("sources.a.url = 'feed://a/'", 'sources.a.url: "feed://a/" is no web address; write it like "https://example.org"'),
        ("sources.'a b'.pack = 'x'", "sources.a b: a name has up to 100 letters a-z, digits, dashes and underscores"),
        (
            "sources.a = { url = 'http://a/', every = '5m' }",
            "sources.a.every: the least is 15m; only hosts in fetch.allow_private are asked more often",
        ),
        (
            "sources.a = { url = 'http://a/', approval = 'trusted', read_pages = true }",
            "sources.a.read_pages: a page's words are not the source's own, so people judge them: leave it out, or approval = \"trusted\"",
        ),
        (
            "sources.a = { pack = 'technopolys', read_pages = true }",
            "sources.a.read_pages: a pack says all that it has to say: it has no pages",
        ),
        ("sources.a = { pack = 'x', kind = 'vidéo' }", 'sources.a.kind: "vidéo" is not one of "article", "video", "fact", "quote", "announcement", "event" or "press"; did you mean "video"?'),
        ("sources.a = { pack = 'x', backlog = -1 }", "sources.a.backlog: must be at least 0, not -1"),
        ("sources.a = { pack = 'x', backlog = true }", "sources.a.backlog: must be a whole number, not true"),
        ("sources.a = { pack = 'x', exclude = ['titel:Emploi'] }", 'sources.a.exclude: a filter looks in title, text, category, author, language, form, not in "titel"; did you mean "title"?'),
        ("sources.a = { pack = 'x', include = ['/(/'] }", 'sources.a.include: "/(/" is no regular expression: missing ) at position 1'),
        ("[channels.c]", "channels.c.network: is missing"),
        ("channels.c.network = 'brdcage'", 'channels.c.network: unknown network "brdcage"; did you mean "birdcage"?'),
        ("channels.c.network = ['manual']", "channels.c.network: must be a text in quotes, not ['manual']"),
        ("channels.c = { network = 'manual', colr = 1 }", 'channels.c.colr: unknown key; did you mean "colour"?'),
        ("channels.c = { network = 'manual', chat = 1 }", "channels.c.chat: unknown key; manual knows colour"),
        ("channels.c = { network = 'manual', colour = 1 }", "channels.c.colour: must be a text in quotes, not 1"),
        ("channels.c = { network = 'manual', language = ['fr', 'fr'] }", "channels.c.language: name at least one, and each once"),
        ("channels.c = { network = 'manual', language = [] }", "channels.c.language: name at least one, and each once"),
        ("channels.c = { network = 'manual', holidays = 'CA-QX' }", 'channels.c.holidays: "CA-QX" is no place whose holidays are known; did you mean "CA-QC"?'),
        ("channels.c = { network = 'manual', daily_max = 0 }", "channels.c.daily_max: must be at least 1, not 0"),
        ("channels.c = { network = 'manual', mix = { fact = 0 } }", "channels.c.mix.fact: must be at least 1, not 0"),
        ("channels.c = { network = 'manual', mix = { facts = 1 } }", 'channels.c.mix.facts: "facts" is not one of "article", "video", "fact", "quote", "announcement", "event" or "press"; did you mean "fact"?'),
        ("channels.c = { network = 'manual', template = { artcle = '' } }", 'channels.c.template.artcle: there is no template for "artcle", only for article, video, fact, quote, announcement, event, press, plain, news, default; did you mean "article"?'),
        ("channels.c = { network = 'manual', require_alt = 'yes' }", 'channels.c.require_alt: must be true or false, not "yes"'),
        ("channels.c = { network = 'manual', monthly_budget = nan }", "channels.c.monthly_budget: nan must lie between 0 and 1000000 US dollars"),
        ("channels.c = { network = 'manual', deadline = '0s' }", 'channels.c.deadline: "0s" is no time at all; write for example "30s"'),
        ("channels.c = { network = 'manual', bilingual = 'both' }", 'channels.c.bilingual: "both" is not one of "together" or "apart"'),
        ("channels.c = { network = 'manual', campaign = 'utm' }", 'channels.c.campaign: "utm" is no pair; write it like "utm_source={network}"'),
        ("channels.c = { network = 'manual', campaign = 'a={b}' }", "channels.c.campaign: there is no {b}; the names are channel, network, language, kind, source"),
        ("topics.tech = { fr = 'Techno Québec' }", 'topics.tech.fr: "Techno Québec" makes no hashtag; write it without # and spaces, like "TechnoQuébec"'),
        ("topics.tech = { de = 'x' }", "topics.tech.de: unknown key; it knows en, everywhere, fr"),
        ("cards = { ground = 'bleu' }", 'cards.ground: "bleu" is no colour; write it like "#0b2559"'),
        ("channels.c = { network = 'manual', cards = 'round' }", 'channels.c.cards: "round" is not one of "wide", "square" or "none"'),
        ("topics = 3", "topics: must hold tables: write [topics.NAME]"),
        ("channels.alerts.network = 'manual'", "channels.alerts: would read the same variables as the bot itself: TECHNOPOLYS_ALERTS_...; rename it"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_key_and_way_out(desk: Desk, text: str, line: str) -> None:
    assert desk.mistakes(text) == [line]


def test_a_key_inside_a_key_is_named_whole(desk: Desk) -> None:
    assert desk.mistakes("desk.telegram.chta = 1")[:2] == [
        "desk.telegram.chat: is missing",
        'desk.telegram.chta: unknown key; did you mean "chat"?',
    ]


@pytest.mark.parametrize("lines", ["['mon-fri 8h']", "['someday 08:30']", "'mon 08:30, 25:00'", "['']"])
def test_a_malformed_slot_is_quoted_and_shown_how_to_write(desk: Desk, lines: str) -> None:
    (line,) = desk.mistakes(f"channels.c = {{ network = 'manual', slots = {lines} }}")
    assert line.startswith('channels.c.slots: slots "')
    assert 'write for example "mon-fri 08:30' in line


def test_malformed_quiet_hours_are_shown_how_to_write(desk: Desk) -> None:
    (line,) = desk.mistakes("channels.c = { network = 'manual', quiet = '9pm' }")
    assert line.startswith("channels.c.quiet: ")
    assert 'write for example "21:00-07:00"' in line


@pytest.mark.parametrize("name", ["alerts", "database", "key", "desk-telegram", "Desk_Telegram"])
def test_names_that_the_bot_itself_reads_are_no_channel_names(desk: Desk, name: str) -> None:
    (line,) = desk.mistakes(f"channels.{name}.network = 'manual'")
    assert "as the bot itself" in line


@pytest.mark.parametrize(
    ("first", "second", "variable"),
    [
        ("x-fr", "x_fr", "TECHNOPOLYS_X_FR_"),
        ("x-fr", "X-FR", "TECHNOPOLYS_X_FR_"),
        ("x-access", "x", "TECHNOPOLYS_X_ACCESS_TOKEN"),
    ],
)
def test_two_channels_that_would_read_one_variable_are_refused(
    desk: Desk, first: str, second: str, variable: str
) -> None:
    desk.environ = {
        f"TECHNOPOLYS_{name}": "value"
        for name in ("X_FR_TOKEN", "X_API_KEY", "X_ACCESS_TOKEN", "X_FR_API_KEY", "X_FR_ACCESS_TOKEN")
    }
    (line,) = desk.mistakes(
        f"channels.{first} = {{ network = 'post', chat = 1 }}\nchannels.{second}.network = 'birdcage'"
    )
    assert (
        line
        == f"channels.{second}: would read the same variables as channels.{first}: {variable}...; rename it"
    )


@pytest.mark.parametrize(
    ("text", "key", "variable"),
    [
        ("channels.x-fr = { network = 'birdcage', access_token = 'hunter2' }", "channels.x-fr.access_token", "TECHNOPOLYS_X_FR_ACCESS_TOKEN"),
        ("channels.x-fr = { network = 'birdcage', API-Key = 'hunter2' }", "channels.x-fr.API-Key", "TECHNOPOLYS_X_FR_API_KEY"),
        ("channels.tg = { network = 'post', chat = 1, Password = 'hunter2' }", "channels.tg.Password", "TECHNOPOLYS_TG_TOKEN"),
        (f"channels.tg = {{ network = 'post', chat = '{TOKEN}' }}", "channels.tg.chat", "TECHNOPOLYS_TG_TOKEN"),
        (f"channels.tg = {{ network = 'post', chat = 1, slots = ['{TOKEN}'] }}", "channels.tg.slots", "TECHNOPOLYS_TG_TOKEN"),
        ("desk.telegram = { chat = 1, token = 'hunter2' }", "desk.telegram.token", "TECHNOPOLYS_DESK_TELEGRAM_TOKEN"),
        ("bot.database = 'postgresql+psycopg://me:hunter2@db/q'", "bot.database", "TECHNOPOLYS_DATABASE_PASSWORD"),
        ("bot.password = 'hunter2'", "bot.password", "TECHNOPOLYS_DATABASE_PASSWORD"),
        ("bot.key = 'hunter2'", "bot.key", "TECHNOPOLYS_KEY"),
        ("alerts.url = 'slack://hunter2'", "alerts.url", "TECHNOPOLYS_ALERTS_URL"),
    ],
)  # fmt: skip
def test_a_secret_in_the_file_is_refused_with_where_it_belongs(
    desk: Desk, text: str, key: str, variable: str
) -> None:
    lines = desk.mistakes(text)
    assert lines[0].startswith(f"{key}: a secret never stands in this file; ")
    assert lines[0].endswith(f"and set {variable} in the environment or in .env")
    assert not any("hunter2" in line or TOKEN in line for line in lines)
    assert not any("unknown key" in line for line in lines)


def test_a_secret_in_a_source_is_refused_too(desk: Desk) -> None:
    (line,) = desk.mistakes("sources.a = { pack = 'x', token = 'hunter2' }")
    assert line.startswith("sources.a.token: a secret never stands in this file")
    assert "hunter2" not in line


def test_an_address_with_a_password_is_refused_without_showing_it(desk: Desk) -> None:
    (line,) = desk.mistakes("sources.a.url = 'https://me:hunter2@example.org/feed'")
    assert line == "sources.a.url: a web address must not carry a user name or password"


def test_a_missing_secret_names_its_variable(desk: Desk) -> None:
    desk.environ = {"TECHNOPOLYS_X_FR_API_KEY": "there"}
    way_out = "set it in the environment, in .env beside this file or as a file in TECHNOPOLYS_SECRETS_DIR"
    assert desk.mistakes("channels.x-fr.network = 'birdcage'") == [
        f"channels.x-fr: the secret TECHNOPOLYS_X_FR_ACCESS_TOKEN is missing; {way_out}",
    ]


def test_a_secret_file_that_others_may_read_is_a_mistake_of_the_configuration(desk: Desk) -> None:
    path = desk.folder / ".env"
    path.write_text("TECHNOPOLYS_TG_TOKEN=hunter2\n", encoding="utf-8")
    path.chmod(0o644)
    (line,) = desk.mistakes("channels.tg = { network = 'post', chat = 1 }")
    assert line == f"{path}: others on this machine can read it (mode 0644); run: chmod 600 {path}"


def test_templates_are_checked_by_whom_was_handed_in(desk: Desk) -> None:
    desk.check_template = lambda template: [f"there is no {template}", "and more"]
    assert desk.mistakes("channels.c = { network = 'manual', mix = 5, template = { fact = '{tilte}' } }") == [
        "channels.c.mix: must be a table, not 5",
        "channels.c.template.fact: there is no {tilte}",
        "channels.c.template.fact: and more",
    ]


def test_a_mistake_in_one_place_hides_none_in_another(desk: Desk) -> None:
    text = """
    zone = "UTC"
    [bot]
    timezone = "Mars/Olympus"
    database = "mysql://"
    [fetch]
    max_bytes = "many"
    [sources.a]
    url = "https://example.org/"
    every = "soon"
    kind = "rumour"
    [sources.b]
    pack = "missing.yaml"
    colour = 1
    [channels.x-fr]
    network = "birdcage"
    slots = ["whenever"]
    slts = 1
    colour = 5
    token = "hunter2"
    [channels.tg]
    network = "post"
    """
    keys = [line.partition(": ")[0] for line in desk.mistakes(text)]
    assert keys == [
        "channels.x-fr.token",
        "zone",
        "bot.timezone",
        "bot.database",
        "fetch.max_bytes",
        "sources.a.kind",
        "sources.a.every",
        "sources.b.colour",
        "sources.b.pack",
        "channels.x-fr.slts",
        "channels.x-fr.slots",
        "channels.x-fr.colour",
        "channels.x-fr",
        "channels.x-fr",
        "channels.tg.chat",
        "channels.tg",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[bot", "is not written in TOML: "),
        (b"a = 1\na = 2", "is not written in TOML: "),
        (b"a = '\xff'", "is not text in UTF-8"),
        (b"a = " + b"[" * 5000, "is not written in TOML: "),
        (b"a = " + b"9" * 5000, "is not written in TOML: "),
    ],
)
def test_a_file_that_is_no_toml_is_told_in_one_line(desk: Desk, content: bytes, line: str) -> None:
    path = desk.write("")
    path.write_bytes(content)
    (mistake,) = desk.mistakes_of(path)
    assert mistake.startswith(line)


def test_a_missing_file_and_a_folder_are_told_in_one_line(desk: Desk) -> None:
    assert desk.mistakes_of(desk.folder / "none.toml")[0].startswith(
        "there is no such file; `technopolys init`"
    )
    assert desk.mistakes_of(desk.folder) == ["cannot be read: Is a directory"]


PARTNERS = """
[technocote]
name = "TechnoCôte"
x = "@technocote"
{more}
"""


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("manuel = '@a'", 'technocote: manuel is no network; did you mean "manual"?'),
        (
            "manual = 'technocote'",
            'technocote: "technocote" is no handle on manual; write it like "@partner"',
        ),
        ("[empty]\nname = ''", "empty: name is how the partner is called in words"),
    ],
)
def test_a_mistake_in_the_partners_file_is_one_line_with_its_name(desk: Desk, more: str, line: str) -> None:
    own = (
        PARTNERS.replace("x = ", "manual = ")
        if "manual =" not in more
        else PARTNERS.replace("x = ", "birdcage = ")
    )
    (desk.folder / "partners.toml").write_text(own.format(more=more), "utf-8")
    assert desk.mistakes("bot.partners = 'partners.toml'") == [f"bot.partners: partners.toml: {line}"]


def test_a_partners_file_that_is_not_there_is_named(desk: Desk) -> None:
    (line,) = desk.mistakes("bot.partners = 'none.toml'")
    assert line.endswith("none.toml cannot be read: No such file or directory")
