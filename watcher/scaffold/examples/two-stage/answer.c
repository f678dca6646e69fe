#include <node_api.h>

/* The module's value is a number: a stand-in for a library that speaks to hardware. */
NAPI_MODULE_INIT() {
    napi_value answer;
    napi_create_int32(env, 42, &answer);
    return answer;
}
