#include "switch/native/frame_server.h"

#include "switch/http/listener.h"
#include "switch/native/frame_connection.h"

#include <memory>

namespace tuma::net {

FrameServer::FrameServer(Engine& engine, History& history, Metrics& metrics,
                         const FrameServerLimits& limits)
    : Server(std::make_unique<Listener<IoLoop>>(
          std::make_shared<FrameService>(engine, history, metrics, limits))) {}

}  // namespace tuma::net
