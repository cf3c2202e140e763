#include "plugin/property_value.h"

#include <gtest/gtest.h>
#include <tenon/property.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

using tenon::PropertyType;
using tenon::descriptor::Diagnostics;
using tenon::descriptor::ValueNode;

ValueNode text(std::string value) {
  ValueNode node;
  node.place = {"a.xml", 3, 7};
  node.text = std::move(value);
  return node;
}

/// Reads the text as a property of type T, or gives the message.
template <class T>
std::string read(const ValueNode& node, tenon::PropertyOptions options = {}) {
  Diagnostics diagnostics;
  const tenon::PropertyEntry entry =
      tenon::detail::make_property("p", tenon::detail::property_type<T>(), std::move(options));
  auto value = tenon::plugin::read_property(
      node, entry.type, "property 'p'", [](std::string_view) { return tenon::plugin::ReferenceTarget{}; }, diagnostics);
  if (!value) return diagnostics.sorted().at(0).to_string();
  const T typed = tenon::detail::property_value<T>(std::move(*value));
  if constexpr (std::is_same_v<T, std::string>) {
    return typed;
  } else if constexpr (std::is_same_v<T, tenon::Size>) {
    return std::to_string(typed.bytes);
  } else if constexpr (requires { typed.count(); }) {
    return std::to_string(typed.count());
  } else {
    return std::to_string(typed);
  }
}

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(PropertyValue, reads_each_scalar_type) {
  EXPECT_EQ(read<std::string>(text("any text")), "any text");
  EXPECT_EQ(read<int>(text("-5")), "-5");
  EXPECT_EQ(read<std::uint64_t>(text("9223372036854775807")), "9223372036854775807");
  EXPECT_EQ(read<bool>(text("true")), "1");
  EXPECT_EQ(read<double>(text("0.5")), "0.500000");
}

TEST(PropertyValue, reads_durations_with_a_unit) {
  EXPECT_EQ(read<seconds>(text("10s")), "10");
  EXPECT_EQ(read<seconds>(text("2m")), "120");
  EXPECT_EQ(read<seconds>(text("2000ms")), "2");
  EXPECT_EQ(read<milliseconds>(text("1h")), "3600000");
  EXPECT_EQ(read<seconds>(text("1d")), "86400");
  EXPECT_EQ(read<seconds>(text("10")), "a.xml:3:7: error: property 'p': expected a duration such as 10s, found '10'");
  EXPECT_EQ(read<seconds>(text("1500ms")),
            "a.xml:3:7: error: property 'p': expected a duration such as 10s, found '1500ms'");
  EXPECT_EQ(read<seconds>(text("99999999999999999999d")),
            "a.xml:3:7: error: property 'p': expected a duration such as 10s, found '99999999999999999999d'");
}

TEST(PropertyValue, reads_sizes) {
  EXPECT_EQ(read<tenon::Size>(text("512M")), "536870912");
  EXPECT_EQ(read<tenon::Size>(text("4096")), "4096");
  EXPECT_EQ(read<tenon::Size>(text("2T")), "2199023255552");
  EXPECT_EQ(read<tenon::Size>(text("2X")), "a.xml:3:7: error: property 'p': expected a size such as 512M, found '2X'");
  EXPECT_EQ(read<tenon::Size>(text("9000000000T")),
            "a.xml:3:7: error: property 'p': expected a size such as 512M, found '9000000000T'");
  EXPECT_EQ(read<tenon::Size>(text("1K"), {.min = 1 << 20, .max = 1 << 30}),
            "a.xml:3:7: error: property 'p': expected a size such as 512M from 1M to 1G, found '1K'");
}

TEST(PropertyValue, refuses_what_is_out_of_range) {
  EXPECT_EQ(read<std::uint8_t>(text("256")),
            "a.xml:3:7: error: property 'p': expected an integer from 0 to 255, found '256'");
  EXPECT_EQ(read<int>(text("0"), {.min = 1, .max = 9}),
            "a.xml:3:7: error: property 'p': expected an integer from 1 to 9, found '0'");
  EXPECT_EQ(read<seconds>(text("2h"), {.min = 1, .max = 3600}),
            "a.xml:3:7: error: property 'p': expected a duration such as 10s from 1s to 3600s, found '2h'");
  EXPECT_EQ(read<std::uint64_t>(text("-1")),
            "a.xml:3:7: error: property 'p': expected an integer of at least 0, found '-1'");
}

TEST(PropertyValue, refuses_text_of_another_type) {
  EXPECT_EQ(read<int>(text("5x")),
            "a.xml:3:7: error: property 'p': expected an integer from -2147483648 to 2147483647, found '5x'");
  EXPECT_EQ(read<bool>(text("yes")), "a.xml:3:7: error: property 'p': expected true or false, found 'yes'");
  EXPECT_EQ(read<double>(text("inf")), "a.xml:3:7: error: property 'p': expected a number, found 'inf'");
  ValueNode list = text("");
  list.kind = ValueNode::Kind::kList;
  EXPECT_EQ(read<bool>(list), "a.xml:3:7: error: property 'p': expected true or false, found a list");
}

TEST(PropertyValue, reads_lists_and_maps_and_points_at_the_bad_item) {
  ValueNode list = text("");
  list.kind = ValueNode::Kind::kList;
  list.items = {text("1"), text("x")};
  list.items[1].place = {"a.xml", 9, 9};
  Diagnostics diagnostics;
  const auto none = [](std::string_view) { return tenon::plugin::ReferenceTarget{}; };
  EXPECT_FALSE(tenon::plugin::read_property(list, tenon::detail::property_type<std::vector<std::uint8_t>>(), "list",
                                            none, diagnostics));
  EXPECT_EQ(diagnostics.sorted().at(0).to_string(),
            "a.xml:9:9: error: list: expected an integer from 0 to 255, found 'x'");
  list.items.pop_back();
  auto value = tenon::plugin::read_property(list, tenon::detail::property_type<std::vector<std::uint8_t>>(), "list",
                                            none, diagnostics);
  ASSERT_TRUE(value);
  EXPECT_EQ(tenon::detail::property_value<std::vector<std::uint8_t>>(std::move(*value)), std::vector<std::uint8_t>{1});

  ValueNode map = text("");
  map.kind = ValueNode::Kind::kMap;
  map.entries.emplace_back(tenon::descriptor::Text{{}, "k"}, text("5s"));
  auto entries = tenon::plugin::read_property(map, tenon::detail::property_type<std::map<std::string, seconds>>(),
                                              "map", none, diagnostics);
  ASSERT_TRUE(entries);
  EXPECT_EQ((tenon::detail::property_value<std::map<std::string, seconds>>(std::move(*entries)).at("k")), seconds(5));
}

TEST(PropertyValue, reads_a_list_of_flows_as_a_chain_without_its_slot) {
  Diagnostics diagnostics;
  const PropertyType type = tenon::detail::property_type<tenon::FlowChain>();
  ValueNode list;
  list.kind = ValueNode::Kind::kList;
  list.items = {text("a.B"), text("a.A")};
  const auto nothing = [](std::string_view) { return tenon::plugin::ReferenceTarget{}; };
  auto value = tenon::plugin::read_property(list, type, "property 'p'", nothing, diagnostics);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(tenon::plugin::describe(type), "a list of flows");
  const auto flows = tenon::plugin::listed_flows(list, nothing);
  ASSERT_TRUE(flows.has_value());
  EXPECT_EQ(flows->at(1).text, "a.A");
  EXPECT_EQ(flows->at(1).place.line, 3U);

  tenon::ChainSlot slot;
  value->scalar = static_cast<void*>(&slot);
  const auto chain = tenon::detail::property_value<tenon::FlowChain>(std::move(*value));
  EXPECT_EQ(chain.names(), (std::vector<std::string>{"a.B", "a.A"}));
  EXPECT_FALSE(chain.empty());
  EXPECT_EQ(chain.chain(), nullptr) << "it is not published yet";
  slot.chain = &slot;
  EXPECT_EQ(chain.chain(), &slot);
  EXPECT_TRUE(tenon::FlowChain().empty());

  EXPECT_FALSE(tenon::plugin::read_property(text("a.A"), type, "property 'p'", nothing, diagnostics).has_value());
  list.items.push_back(text(""));
  EXPECT_FALSE(tenon::plugin::listed_flows(list, nothing).has_value());
}

}  // namespace
