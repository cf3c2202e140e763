#include <gtest/gtest.h>
#include <tenon/described.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Disk {
  std::string path;
  std::uint32_t bytes = 0;
  std::optional<std::string> backing;
  std::string format = "qcow2";
};
BOOST_DESCRIBE_STRUCT(Disk, (), (path, bytes, backing, format))

struct Machine {
  std::string name;
  std::vector<Disk> disks;
  std::map<std::string, int> labels;
  Colour colour = Colour::green;
  std::chrono::milliseconds timeout{7};
};
BOOST_DESCRIBE_STRUCT(Machine, (), (name, disks, labels, colour, timeout))

// As Disk was before it got a format.
namespace before {
struct Disk {
  std::string path;
  std::uint32_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Disk, (), (path, bytes))
}  // namespace before

using tenon::from_json;
using tenon::Json;
using tenon::to_json;

Json disk_json() { return Json::object().add("path", "/a").add("bytes", 5); }

std::string refusal(const Json& json) {
  auto read = from_json<Disk>(json, "$.disk");
  return read ? "accepted" : read.error().code + " " + read.error().details;
}

TEST(Described, travels_to_json_and_back) {
  Machine machine;
  machine.name = "a";
  machine.disks.push_back({"/x", 1, "/base", "raw"});
  machine.labels["tier"] = 3;
  machine.colour = Colour::red;
  machine.timeout = std::chrono::milliseconds(1500);
  auto back = from_json<Machine>(to_json(machine));
  ASSERT_TRUE(back.ok()) << back.error().to_string();
  EXPECT_EQ(to_json(*back), to_json(machine));
  EXPECT_EQ(back->disks.at(0).backing, "/base");
  EXPECT_EQ(back->colour, Colour::red);
  EXPECT_EQ(back->timeout.count(), 1500);
}

TEST(Described, leaves_an_empty_optional_out) { EXPECT_EQ(to_json(Disk{"/a", 1, {}, "raw"}).find("backing"), nullptr); }

TEST(Described, takes_the_default_of_a_member_that_is_left_out) {
  auto disk = from_json<Disk>(disk_json());
  ASSERT_TRUE(disk.ok()) << disk.error().to_string();
  EXPECT_EQ(disk->format, "qcow2");
}

TEST(Described, names_the_path_of_what_does_not_fit) {
  EXPECT_EQ(refusal(disk_json().add("colour", 1)), "JSON.1004 $.disk.colour");
  EXPECT_EQ(refusal(Json::object().add("bytes", 5)), "JSON.1005 $.disk.path");
  EXPECT_EQ(refusal(Json::object().add("path", 3).add("bytes", 5)),
            "JSON.1001 $.disk.path: expected string, found number");
  EXPECT_EQ(refusal(Json::object().add("path", "/a").add("bytes", -1)),
            "JSON.1002 $.disk.bytes: expected 0 to 4294967295, found -1");
  EXPECT_EQ(refusal(Json("x")), "JSON.1001 $.disk: expected object, found string");
}

TEST(Described, names_the_element_of_a_list) {
  Json json = Json::object().add("name", "a").add("labels", Json::object().add("k", 1));
  json.add("disks", Json::array().push(disk_json()).push(Json::object().add("path", true)));
  auto machine = from_json<Machine>(json);
  ASSERT_FALSE(machine.ok());
  EXPECT_EQ(machine.error().details, "$.disks[1].path: expected string, found boolean");
}

TEST(Described, lists_the_values_of_an_enum) {
  auto colour = from_json<Colour>(Json("blue"));
  ASSERT_FALSE(colour.ok());
  EXPECT_EQ(colour.error().details, "$: expected one of red, green, found 'blue'");
}

TEST(TypeId, changes_with_the_members) { EXPECT_NE(tenon::kTypeId<Disk>, tenon::kTypeId<before::Disk>); }

TEST(TypeId, tells_element_types_apart) {
  EXPECT_NE(tenon::kTypeId<std::vector<int>>, tenon::kTypeId<std::vector<long>>);
  EXPECT_NE(tenon::kTypeId<std::vector<int>>, tenon::kTypeId<std::optional<int>>);
}

}  // namespace
