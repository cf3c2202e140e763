#include <gtest/gtest.h>
#include <tenon/value.h>

#include <memory>
#include <string>

namespace {

using tenon::Json;
using tenon::Value;

/// Lets the values of this program be those of a library.
class ValuePins : public testing::Test {
 protected:
  void SetUp() override { tenon::detail::this_library = &library; }
  void TearDown() override { tenon::detail::this_library = nullptr; }
  tenon::LibraryContext library;
};

TEST(Value, gives_the_object_of_its_type_only) {
  const Value value = Value::of<std::string>("text");
  ASSERT_NE(value.as<std::string>(), nullptr);
  EXPECT_EQ(*value.as<std::string>(), "text");
  EXPECT_EQ(value.as<int>(), nullptr);
  EXPECT_EQ(Value().as<int>(), nullptr);
}

TEST(Value, shares_one_object_among_copies) {
  const Value value = Value::of(std::make_shared<int>(1));
  const Value copy = value;
  EXPECT_EQ(copy.as<std::shared_ptr<int>>(), value.as<std::shared_ptr<int>>());
  EXPECT_EQ(value.as<std::shared_ptr<int>>()->use_count(), 1);
}

TEST(Value, destroys_its_object_with_the_last_copy) {
  auto watched = std::make_shared<int>(1);
  Value value = Value::of(watched);
  Value copy = value;
  value = Value();
  EXPECT_EQ(watched.use_count(), 2);
  copy = Value();
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(Value, says_that_a_type_has_no_json_form) {
  EXPECT_NE(Value::of(std::make_shared<int>(1)).json().find("opaque"), nullptr);
  EXPECT_EQ(Value::of(5).json(), Json(5));
}

TEST_F(ValuePins, keeps_its_library_until_the_last_copy_is_gone) {
  {
    Value value = Value::of(5);
    EXPECT_EQ(library.pins, 1);
    Value copy = value;
    value = Value();
    EXPECT_EQ(library.pins, 1);
  }
  EXPECT_EQ(library.pins, 0);
}

TEST_F(ValuePins, counts_pins_that_are_copied_and_moved) {
  tenon::Pin pin = tenon::Pin::here();
  tenon::Pin copy = pin;
  EXPECT_EQ(library.pins, 2);
  tenon::Pin moved = std::move(pin);
  EXPECT_EQ(library.pins, 2);
  copy = tenon::Pin();
  EXPECT_EQ(library.pins, 1);
  moved = tenon::Pin();
  EXPECT_EQ(library.pins, 0);
}

TEST_F(ValuePins, owned_objects_are_counted_and_destroyed) {
  struct Base {
    virtual ~Base() = default;
  };
  struct Derived : Base {
    explicit Derived(bool& gone) : flag(gone) {}
    ~Derived() override { flag = true; }
    bool& flag;
  };
  bool gone = false;
  {
    tenon::Owned<Base> owned = tenon::make_owned<Base, Derived>(gone);
    tenon::Owned<Base> other = std::move(owned);
    EXPECT_FALSE(owned);
    EXPECT_TRUE(other);
    EXPECT_EQ(library.instances, 1);
  }
  EXPECT_TRUE(gone);
  EXPECT_EQ(library.instances, 0);
  EXPECT_EQ(library.pins, 0);
}

}  // namespace
