#include <node_api.h>

static napi_value Init(napi_env env, napi_value exports) {
  napi_value answer;
  napi_create_int32(env, 42, &answer);
  return answer;
}

NAPI_MODULE(addon, Init)
