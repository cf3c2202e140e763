#include "descriptor/xml_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string property_value(std::string_view attribute) {
  const Reading reading =
      read("<beans><bean class='c'><property name='p' value=\"" + std::string(attribute) + "\"/></bean></beans>");
  EXPECT_THAT(reading.messages, IsEmpty());
  return reading.descriptor.beans.at(0).properties.at(0).value.text;
}

std::string element_text(std::string_view content) {
  const Reading reading = read("<beans><bean class='c'><property name='p'><value>" + std::string(content) +
                               "</value></property></bean></beans>");
  EXPECT_THAT(reading.messages, IsEmpty());
  return reading.descriptor.beans.at(0).properties.at(0).value.text;
}

std::string nested(std::size_t lists) {
  std::string text = "<beans><bean class='c'>\n<property name='p'>";
  for (std::size_t i = 0; i < lists; ++i) text += "<list>";
  for (std::size_t i = 0; i < lists; ++i) text += "</list>";
  return text + "</property></bean></beans>";
}

TEST(XmlDocument, decodes_entities_and_line_ends) {
  EXPECT_EQ(property_value("&lt;&gt;&amp;&quot;&apos;&#65;&#x20AC;&#x1F600;"), "<>&\"'A\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(property_value("a\r\nb\tc"), "a b c");
  EXPECT_EQ(element_text("a\r\nb\rc&amp;"), "a\nb\nc&");
}

TEST(XmlDocument, joins_the_pieces_of_a_text) {
  EXPECT_EQ(element_text("\n  a<!-- comment -->b<![CDATA[<&amp;>]]>  "), "ab<&amp;>");
}

TEST(XmlDocument, passes_over_what_says_nothing) {
  const Reading reading = read(
      "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n<!-- a --><?style x?>\n"
      "<b:beans xmlns:b='u' xmlns='v' xsi:schemaLocation='w'><description>any <text/> &amp; more</description>"
      "</b:beans>\n<!-- the end -->\n");
  EXPECT_THAT(reading.messages, IsEmpty());
}

TEST(XmlDocument, counts_columns_in_bytes_after_the_byte_order_mark) {
  EXPECT_THAT(read("\xEF\xBB\xBF<beans>\xC3\xA9</beans>").messages,
              ElementsAre("f.xml:1:8: error: text in <beans>, where none belongs"));
  EXPECT_THAT(read("<beans><bean\n class='\xC3\xA9' x=''/></beans>").messages,
              ElementsAre("f.xml:2:13: error: unknown attribute 'x' of <bean>"));
}

TEST(XmlDocument, keeps_places_after_decoded_values) {
  EXPECT_THAT(read("<beans default-init-method='&amp;&amp;' x=''>&#65;\n <y z='&lt;&lt;'/></beans>").messages,
              ElementsAre("f.xml:1:41: error: unknown attribute 'x' of <beans>",
                          "f.xml:1:46: error: text in <beans>, where none belongs",
                          "f.xml:2:2: error: unknown element 'y' in <beans>"));
}

TEST(XmlDocument, refuses_what_is_no_utf_8_text) {
  expect_each_refused({
      {std::string("<beans>\n\0</beans>", 17), "f.xml:2:1: error: this is not text: it holds a NUL byte"},
      {"<beans>\x1B[31m</beans>", "f.xml:1:8: error: the control character 0x1B is not allowed"},
      {"<beans>\n caf\xE9</beans>", "f.xml:2:5: error: this is not UTF-8: the byte 0xE9"},
      {"<beans>\xC0\xAF</beans>", "f.xml:1:8: error: this is not UTF-8: the byte 0xC0"},
      {"<beans>\xED\xA0\x80</beans>", "f.xml:1:8: error: this is not UTF-8: the byte 0xED"},
      {"<beans>\xF4\x90\x80\x80</beans>", "f.xml:1:8: error: this is not UTF-8: the byte 0xF4"},
      {"<beans/>\xE2\x82", "f.xml:1:9: error: this is not UTF-8: the byte 0xE2"},
      {std::string("\xFF\xFE<\0b\0", 6), "f.xml: error: this is UTF-16 or UTF-32; only UTF-8 is read"},
      {std::string("<\0b\0", 4), "f.xml: error: this is UTF-16 or UTF-32; only UTF-8 is read"},
      {"<?xml version='1.0' encoding='ISO-8859-1'?><beans/>",
       "f.xml:1:21: error: the encoding 'ISO-8859-1' is not supported; only UTF-8 is read"},
  });
}

TEST(XmlDocument, refuses_a_document_that_is_not_one_element) {
  expect_each_refused({
      {"", "f.xml:1:1: error: the file is empty: there is no element in it"},
      {" \n<!-- only a comment -->", "f.xml:1:1: error: the file is empty: there is no element in it"},
      {"<beans/>\n<beans/>", "f.xml:2:1: error: a second root element: the file ends with the first"},
      {"\n x <beans/>", "f.xml:2:2: error: text outside the root element"},
      {"<beans/>\nx", "f.xml:2:1: error: text outside the root element"},
  });
}

TEST(XmlDocument, refuses_document_types_and_so_entities_that_grow) {
  const std::string refused = "document type declarations are not supported, and so no entities of one's own";
  expect_each_refused({
      {"<?xml version='1.0'?>\n <!DOCTYPE b [<!ENTITY a 'x'><!ENTITY c '&a;&a;'>]>\n<beans>&c;</beans>",
       "f.xml:2:2: error: " + refused},
      {"<!DOCTYPE b SYSTEM '/etc/passwd'><beans/>", "f.xml:1:1: error: " + refused},
      {"<!DOCTYPE b [<beans/>", "f.xml:1:1: error: " + refused},
      {"<beans><!DOCTYPE b></beans>", "f.xml:1:8: error: " + refused},
  });
}

TEST(XmlDocument, says_where_malformed_xml_begins_to_be_wrong) {
  expect_each_refused({
      {"<beans>\n <bean class='c'>\n</beans>", "f.xml:3:1: error: </beans> does not close <bean> at f.xml:2:2"},
      {"<beans>\n <bean class='>'>\n <x/>\n", "f.xml:2:2: error: <bean> is not closed"},
      {"<beans>\n words", "f.xml:1:1: error: <beans> is not closed"},
      {"<beans>", "f.xml:1:1: error: <beans> is not closed"},
      {"<beans></beans ></", "f.xml:1:17: error: this tag is not closed by '>'"},
      {"<", "f.xml:1:1: error: this begins no tag; in texts '<' is written '&lt;'"},
      {"<beans>\n </bean>", "f.xml:2:2: error: </bean> does not close <beans> at f.xml:1:1"},
      {"<beans></beans>\n</beans>", "f.xml:2:1: error: </beans> closes nothing"},
      {"<beans>\n <!-- </beans>", "f.xml:2:2: error: this comment is not closed by '-->'"},
      {"<beans>\n <![CDATA[ </beans>", "f.xml:2:2: error: this section is not closed by ']]>'"},
      {"<beans>\n <?x </beans>", "f.xml:2:2: error: broken XML declaration or processing instruction"},
      {"<beans>\n <bean class='c'", "f.xml:2:2: error: this tag is not closed by '>'"},
      {"<beans>\n</beans", "f.xml:2:1: error: this end tag is not closed by '>'"},
      {"<beans>\n <bean class='c/></beans>", "f.xml:2:14: error: this value is not closed by '"},
      {"<beans>\n <bean class=c/></beans>", "f.xml:2:14: error: broken attribute: expected name=\"value\""},
      {"<beans>\n <bean class/></beans>", "f.xml:2:14: error: broken attribute: expected name=\"value\""},
      {"<beans>\n <bean id='a'class='b'/></beans>", "f.xml:2:14: error: broken attribute: expected name=\"value\""},
      {"<beans>\n 1 < 2</beans>", "f.xml:2:4: error: this begins no tag; in texts '<' is written '&lt;'"},
      {"<beans>\n <bean class='a<b'/></beans>", "f.xml:2:16: error: in values '<' is written '&lt;'"},
      {"<beans default-init-method='a&b'/>", "f.xml:1:30: error: here '&' is written '&amp;'"},
      {"<beans default-init-method='a & b; c'/>", "f.xml:1:31: error: here '&' is written '&amp;'"},
      {"<beans>&nbsp;</beans>",
       "f.xml:1:8: error: '&nbsp;' is unknown: there are &lt; &gt; &amp; &quot; &apos; and numbers of characters"},
      {"<beans>\n&#0;</beans>",
       "f.xml:2:1: error: '&#0;' is unknown: there are &lt; &gt; &amp; &quot; &apos; and numbers of characters"},
      {"<beans>\n&#xD800;</beans>",
       "f.xml:2:1: error: '&#xD800;' is unknown: there are &lt; &gt; &amp; &quot; &apos; and numbers of characters"},
  });
}

TEST(XmlDocument, reports_every_wrong_entity) {
  EXPECT_EQ(read("<beans default-init-method='&a;'>\n&b;</beans>").messages.size(), 2U);
}

TEST(XmlDocument, bounds_how_deep_elements_nest) {
  EXPECT_THAT(read(nested(61)).messages, IsEmpty());
  EXPECT_THAT(read(nested(62)).messages, ElementsAre("f.xml:2:386: error: elements are nested more than 64 deep"));
  EXPECT_EQ(read(nested(100'000)).messages.size(), 1U);
}

TEST(XmlDocument, bounds_the_size_of_a_text) {
  EXPECT_THAT(read("<beans/>" + std::string(kLargestFile - 8, ' ')).messages, IsEmpty());
  EXPECT_THAT(read("<beans/>" + std::string(kLargestFile, ' ')).messages,
              ElementsAre("f.xml: error: larger than 4 MiB"));
}

}  // namespace
}  // namespace tenon::descriptor
