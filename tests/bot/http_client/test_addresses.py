"""Which addresses are public: hostile cases F10 and F11, and what the operator may open."""

from ipaddress import ip_address

import pytest

from bot.http_client.addresses import Allowed, ends_in_a_number, is_public

INSIDE = (
    "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 "
    "169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.7 192.88.99.1 "
    "192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 "
    "240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 fe80::1 febf::1 "
    "fc00::1 fd12::1 fec0::1 ff02::1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 "
    "2001:10::1 2002:7f00:1:: 3fff::1 5f00::1 4000::1 "
)
OUTSIDE = (
    "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 "
    "192.0.1.1 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700:4700::1111 2a00:1450::1 "
    "2001:4860:4860::8888 ::ffff:8.8.8.8 "
)


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE.split())
def test_plain_global_unicast_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_the_operator_opens_names_addresses_and_networks() -> None:
    allowed = Allowed.of(["127.0.0.1", "10.0.0.0/8", "Intranet.Example.", "[::1]"])
    assert allowed.address(ip_address("127.0.0.1"))
    assert allowed.address(ip_address("::ffff:127.0.0.1"))
    assert allowed.address(ip_address("10.9.8.7"))
    assert allowed.address(ip_address("::1"))
    assert allowed.host("INTRANET.example")
    assert not allowed.host("127.0.0.2")
    assert not allowed.host("other.example")


@pytest.mark.parametrize("entry", ["", "127.0.0.1:8080", "http://x/", "10.0.0.0/99", "a b"])
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host name, address or network"):
        Allowed.of(["127.0.0.1", entry])


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "017700000001", "0", "a.0x1", "1.2.3.4."])
def test_a_host_that_resolvers_read_as_a_number_is_seen(host: str) -> None:
    assert ends_in_a_number(host)


@pytest.mark.parametrize("host", ["example.org", "3com.com", "1.2.3.4.example", "deadbeef", "xn--p1ai"])
def test_a_name_is_no_number(host: str) -> None:
    assert not ends_in_a_number(host)
