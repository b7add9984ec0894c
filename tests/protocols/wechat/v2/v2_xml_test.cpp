// The flat XML of API v2: what is read, what is refused, and that what is written is read again.
#include "protocols/wechat/v2/v2_xml.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

V2XmlFault fault(std::string_view xml) {
    const auto read = read_v2_xml(xml);
    REQUIRE(!read);
    return read.error();
}

V2Fields fields(std::string_view xml) {
    const auto read = read_v2_xml(xml);
    REQUIRE(read);
    return *read;
}

}  // namespace

TEST_CASE("v2 xml: prolog, blanks, comments, attributes, CDATA and plain values") {
    CHECK(fields("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n  <a>1</a>\n  <!-- x -->\n"
                 "  <b><![CDATA[<&>]]></b>\n  <c type=\"t\">x&amp;y</c>\n</xml>\n") ==
          V2Fields{{"a", "1"}, {"b", "<&>"}, {"c", "x&y"}});
    CHECK(fields("<xml/>").empty());
    CHECK(fields("<xml><a/><b></b></xml>") == V2Fields{{"a", ""}, {"b", ""}});
    CHECK(fields("\xEF\xBB\xBF<xml><a>1</a></xml>") == V2Fields{{"a", "1"}});
    CHECK(fields("<xml><a>\n<![CDATA[1]]>\n</a></xml>").at("a").find('1') != std::string::npos);
}

TEST_CASE("v2 xml: values are as they are on the wire") {
    CHECK(fields("<xml><a>x\r\ny</a></xml>").at("a") == "x\r\ny");
    CHECK(fields("<xml><a> </a></xml>").at("a") == " ");
    CHECK(fields("<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>").at("a") == "]]>");
    CHECK(fields("<xml><a>&#20013;&#x6587;&#x1F600;&lt;&gt;&quot;&apos;</a></xml>").at("a") ==
          "中文😀<>\"'");
}

TEST_CASE("v2 xml: entities, DOCTYPE, nesting and repetition are refused") {
    for (const char* xml : {
             "<!DOCTYPE xml><xml><a>1</a></xml>",
             "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><a>&x;</a></xml>",
             "<!DOCTYPE xml [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><xml><a>&b;</a></xml>",
             "<xml><a>&x;</a></xml>",
             "<xml><a>&amp</a></xml>",
             "<xml><a>&#0;</a></xml>",
             "<xml><a>&#xD800;</a></xml>",
             "<xml><a>&#x110000;</a></xml>",
             "<xml><a>&#;</a></xml>",
             "<xml><a>&#x;</a></xml>",
             "<xml><a>&#99999999999999;</a></xml>",
             "<xml><a>&#-1;</a></xml>",
             "<xml><a><b>1</b></a></xml>",
             "<xml><a>1</a><a>2</a></xml>",
             "<xml>text<a>1</a></xml>",
             "<xml><a>1</a></xml><xml/>",
             "junk<xml><a>1</a></xml>",
             "<xml><a>1</a></xml>junk",
             "<root><a>1</a></root>",
             "<xml><a>1</b></xml>",
             "<xml><a>1</a>",
             "<xml><a>1<![CDATA[2</a></xml>",
             "{\"a\":1}",
             "<",
             "a=1&b=2",
         }) {
        CAPTURE(xml);
        CHECK(fault(xml) == V2XmlFault::malformed);
    }
}

TEST_CASE("v2 xml: bounds of size, number and characters") {
    CHECK(fault("") == V2XmlFault::empty);
    CHECK(fault(" \r\n\t") == V2XmlFault::empty);
    const std::string long_value(v2_xml_bytes_max, 'a');
    CHECK(fault("<xml><a>" + long_value + "</a></xml>") == V2XmlFault::too_large);
    std::string many = "<xml>";
    for (std::size_t i = 0; i < v2_elements_max; ++i) many += "<a" + std::to_string(i) + "/>";
    CHECK(fields(many + "</xml>").size() == v2_elements_max);
    CHECK(fault(many + "<b/></xml>") == V2XmlFault::malformed);
    for (const std::string_view bytes :
         {std::string_view("\xFF"), std::string_view("\xC0\xAF"), std::string_view("\xED\xA0\x80"),
          std::string_view("\xD6\xD0\xCE\xC4"), std::string_view("\0", 1), std::string_view("\x01"),
          std::string_view("\xEF\xBF\xBE")})
        CHECK(fault("<xml><a>" + std::string(bytes) + "</a></xml>") == V2XmlFault::not_utf8);
    // Nobody reads UTF-16 into a message.
    CHECK(fault(std::string_view("\xFF\xFE<\0x\0", 6)) == V2XmlFault::not_utf8);
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += "<a>";
    CHECK(fault(deep) == V2XmlFault::malformed);
}

TEST_CASE("v2 xml: what is written is read again") {
    CHECK(write_v2_xml({{"return_code", "SUCCESS"}, {"return_msg", "OK"}}) ==
          "<xml><return_code><![CDATA[SUCCESS]]></return_code>"
          "<return_msg><![CDATA[OK]]></return_msg></xml>");
    CHECK(v2_text("a\x01\xFF中") == "a??中");
    rc::check("any text survives", [](const std::string& text) {
        const std::string value = v2_text(text);
        const auto read = read_v2_xml(write_v2_xml({{"a", value}}, "root"), "root");
        RC_ASSERT(read.has_value());
        RC_ASSERT(read->at("a") == value);
    });
    CHECK(fields(write_v2_xml({{"a", "]]>]]>]]"}})).at("a") == "]]>]]>]]");
}
