#include "message/field_rules.h"

#include <gmock/gmock.h>
#include <tenon/schema.h>

#include <string>
#include <vector>

namespace tenon::message {
namespace {

struct Nic {
  std::string mac;
};
BOOST_DESCRIBE_STRUCT(Nic, (), (mac))
struct Disk {
  std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(Disk, (), (size))
struct Order {
  std::string name;
  std::int32_t cpus = 1;
  std::optional<std::string> color;
  std::optional<Disk> disk;
  std::vector<Nic> nics;
};
BOOST_DESCRIBE_STRUCT(Order, (), (name, cpus, color, disk, nics))

FieldRule rule(std::string path) {
  FieldRule rule;
  rule.path = std::move(path);
  return rule;
}

/// What is said of the order, or nothing.
std::string told(FieldRule rule, const Order& order) {
  const Result<void> result = FieldRules({std::move(rule)}).check(to_json(order));
  return result ? "" : result.error().code + " " + result.error().details;
}

TEST(FieldRules, bound_numbers) {
  FieldRule cpus = rule("cpus");
  cpus.min = 2;
  cpus.max = 64;
  Order order;
  order.cpus = 2;
  EXPECT_EQ(told(cpus, order), "");
  order.cpus = 64;
  EXPECT_EQ(told(cpus, order), "");
  order.cpus = 65;
  EXPECT_EQ(told(cpus, order), "MESSAGE.1010 $.cpus: expected 2 to 64, found 65");
  cpus.min.reset();
  EXPECT_EQ(told(cpus, order), "MESSAGE.1010 $.cpus: expected at most 64, found 65");
}

TEST(FieldRules, bound_the_length_of_texts_and_lists) {
  FieldRule name = rule("name");
  name.min_length = 1;
  name.max_length = 3;
  Order order;
  EXPECT_EQ(told(name, order), "MESSAGE.1010 $.name: expected 1 to 3 bytes, found 0");
  order.name = "abc";
  EXPECT_EQ(told(name, order), "");
  FieldRule nics = rule("nics");
  nics.max_length = 1;
  order.nics = {{"a"}, {"b"}};
  EXPECT_EQ(told(nics, order), "MESSAGE.1010 $.nics: expected at most 1 elements, found 2");
}

TEST(FieldRules, match_the_whole_text) {
  FieldRule name = rule("name");
  name.pattern = "[a-z]+";
  Order order;
  order.name = "abc";
  EXPECT_EQ(told(name, order), "");
  order.name = "abc1";
  EXPECT_EQ(told(name, order), "MESSAGE.1010 $.name: expected a text that matches [a-z]+, found 'abc1'");
  order.name = std::string(1'000'000, 'a');
  EXPECT_NE(told(name, order), "") << "too long to be matched";
}

TEST(FieldRules, list_the_texts_that_there_are) {
  FieldRule color = rule("color");
  color.one_of = {"red", "blue"};
  Order order;
  EXPECT_EQ(told(color, order), "") << "it may be left out";
  order.color = "red";
  EXPECT_EQ(told(color, order), "");
  order.color = "green";
  EXPECT_EQ(told(color, order), "MESSAGE.1010 $.color: expected one of red, blue, found 'green'");
}

TEST(FieldRules, require_what_may_be_left_out_otherwise) {
  FieldRule color = rule("color");
  color.required = true;
  EXPECT_EQ(told(color, {}), "MESSAGE.1010 $.color: expected a value");
}

TEST(FieldRules, reach_into_structs_and_lists) {
  FieldRule size = rule("disk.size");
  size.min = 10;
  Order order;
  EXPECT_EQ(told(size, order), "");
  order.disk = Disk{9};
  EXPECT_EQ(told(size, order), "MESSAGE.1010 $.disk.size: expected at least 10, found 9");
  FieldRule mac = rule("nics[].mac");
  mac.min_length = 2;
  order.nics = {{"aa"}, {"b"}};
  EXPECT_EQ(told(mac, order), "MESSAGE.1010 $.nics[1].mac: expected at least 2 bytes, found 1");
}

TEST(FieldRules, stand_in_the_schema) {
  FieldRule cpus = rule("cpus");
  cpus.min = 2;
  cpus.description = "how many";
  FieldRule mac = rule("nics[].mac");
  mac.pattern = "[0-9a-f:]+";
  FieldRule color = rule("color");
  color.required = true;
  color.one_of = {"red"};
  Json schema = schema_with(schema_of<Order>(), FieldRules({cpus, mac, color}));
  EXPECT_EQ(*schema_at(schema, "cpus")->find("minimum"), Json(2));
  EXPECT_EQ(*schema_at(schema, "cpus")->find("description"), Json("how many"));
  EXPECT_EQ(*schema_at(schema, "nics[].mac")->find("pattern"), Json("^(?:[0-9a-f:]+)$"));
  EXPECT_EQ(*schema_at(schema, "color")->find("enum"), Json(Json::Array{Json("red")}));
  EXPECT_EQ(*schema.find("required"), Json(Json::Array{Json("name"), Json("color")}));
  EXPECT_EQ(schema_at(schema, "nothing"), nullptr);
  EXPECT_EQ(schema_at(schema, "nics[].nothing"), nullptr);
}

TEST(FieldRules, know_a_broken_pattern) {
  EXPECT_FALSE(invalid_pattern("[a-z]+"));
  EXPECT_TRUE(invalid_pattern("[a-z"));
}

}  // namespace
}  // namespace tenon::message
