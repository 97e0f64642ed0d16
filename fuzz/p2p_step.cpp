// A core under any order of sessions, frames and wishes: the input is a list of commands. No bytes
// may break an invariant, and what the core sends must decode and keep its bounds.
#include <cstdlib>

#include "codec/cursor.hpp"
#include "p2p/limits.hpp"
#include "p2p/p2p.hpp"

namespace {

using namespace icpd;
using namespace icpd::p2p;

class Driver {
 public:
  explicit Driver(ByteView input) : input_(input) {}

  void run() {
    while (!input_.done())
      command(byte());
  }

 private:
  std::uint8_t byte() { return input_.byte().value_or(std::uint8_t{0}); }
  ByteView some() {
    const std::size_t size = std::min<std::size_t>(byte(), input_.remaining());
    return *input_.take(size);
  }
  types::NodeId peer() {
    return types::NodeId(
        *types::Principal::from_bytes(Bytes{static_cast<std::uint8_t>(byte() % 3), 0x02}));
  }
  Shared<types::EncodedArtifact> artifact() {
    // Sizes on both sides of the bound up to which an artifact travels inside its announcement.
    const std::size_t size = (byte() % 4) * (kInlineSizeMax / 2);
    return types::encode(types::IngressArtifact{Slice(Bytes(size, byte() % 8))});
  }

  void command(std::uint8_t code) {
    switch (code % 13) {
      case 0:
        return session_up();
      case 1:
        return session_down();
      case 2:
        return frame(Slice::copy_of(some()));
      case 3: {
        const auto one = artifact();
        Update update{CommitNumber{byte()}, SlotNumber{byte() % 8u}, one->id, std::nullopt};
        if (byte() % 2 == 0) update.content = one->bytes;
        return frame(encode(update));
      }
      case 4: {
        const RequestNumber request{byte() % 8u};
        const bool last = byte() % 2 == 0;
        return frame(encode(
            Chunk{request, last, last ? Slice::copy_of(some()) : Slice(Bytes(kChunkSizeMax))}));
      }
      case 5: {
        const auto one = artifact();
        return frame(encode(Chunk{RequestNumber{byte() % 8u}, true, one->bytes}));
      }
      case 6: {
        const auto one = artifact();
        return step(Publish{one->id, one->bytes, byte() % 2 == 0});
      }
      case 7:
        return step(Withdraw{artifact()->id});
      case 8:
        return step(Fetch{artifact()->id, {peer()}});
      case 9:
        if (byte() % 2 == 0) return step(FetchAgain{artifact()->id});
        return step(CancelFetch{artifact()->id});
      case 10:
        return step(FetchRange{RangeId{++ranges_}, Slice::copy_of(some()), {}});
      case 11:
        if (byte() % 2 == 0) return frame(encode(Horizon{types::Height{byte()}}));
        return step(Horizon{types::Height{needed_from_ += byte()}});
      default:
        now_.ns = byte() % 8 == 0 ? UINT64_MAX : now_.ns + byte() * std::uint64_t{20'000'000};
        return step(TimerFired{});
    }
  }

  std::uint64_t& session_of(const types::NodeId& peer) { return current_[peer.view()[0]]; }
  void session_up() {
    const types::NodeId who = peer();
    session_of(who) = ++sessions_;
    step(SessionUp{who, SessionNumber{sessions_}});
    if (byte() % 8 != 0)
      step(FrameReceived{who, SessionNumber{sessions_}, Channel::kUrgent, encode(Horizon{})});
  }
  void session_down() {
    const types::NodeId who = peer();
    step(SessionDown{who, SessionNumber{session_of(who)}});
  }
  void frame(Slice bytes) {
    const types::NodeId who = peer();
    step(FrameReceived{who, SessionNumber{session_of(who)}, static_cast<Channel>(byte() % 2),
                       std::move(bytes)});
  }

  void step(const Input& input) {
    for (const Action& action : core_.step(now_, input)) {
      if (const auto* send = std::get_if<Send>(&action)) {
        if (!decode(send->frame, send->channel).ok()) std::abort();
      }
      if (const auto* look_up = std::get_if<LookUp>(&action)) answer(look_up->ticket);
      if (const auto* look_up = std::get_if<LookUpRange>(&action)) answer(look_up->ticket);
    }
  }
  void answer(const Ticket& ticket) {
    const std::uint8_t how = byte();
    if (how % 3 == 0) return;
    std::optional<Slice> bytes;
    if (how % 3 == 1) bytes = artifact()->bytes;
    step(Answer{ticket, bytes});
  }

  codec::Cursor input_;
  P2p core_;
  Time now_ = Time::from_seconds(1);
  std::uint64_t sessions_ = 0;
  std::uint64_t needed_from_ = 0;
  std::array<std::uint64_t, 3> current_{};
  std::uint64_t ranges_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Driver(ByteView(data, size)).run();
  return 0;
}
