// A PID controller with anti-windup: the guest decides, the host owns sensor and actuator.
//
// Imports (module "env"): sense(channel) -> f32, actuate(channel, f32), report(tick, f32 error).
// Exports: configure(kp, ki, kd, limit), aim(target), tick() -> f32 output, run(n) -> i32.
// It needs one page of memory and never grows it.

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

// Reads the plant, in the unit of the target.
IMPORT(sense) float sense(int channel);
// Sets the actuator, within the configured limit.
IMPORT(actuate) void actuate(int channel, float value);
// Told once every 16 ticks; a host that does not care ignores it.
IMPORT(report) void report(int tick, float error);

enum { CHANNEL = 0, REPORT_EVERY = 16 };

static const float period = 0.01f;      // seconds between two ticks
static const float tolerance = 0.05f;   // an error below this counts as settled

static struct { float kp, ki, kd, limit; } gain = {1.5f, 4.0f, 0.004f, 10.0f};
static struct { float target, integral, previous; int tick; } state = {1.0f, 0.0f, 0.0f, 0};

static float clamp(float value, float limit) {
    if (value > limit) return limit;
    if (value < -limit) return -limit;
    return value;
}

EXPORT(configure) void configure(float kp, float ki, float kd, float limit) {
    gain.kp = kp;
    gain.ki = ki;
    gain.kd = kd;
    gain.limit = limit;
}

EXPORT(aim) void aim(float target) {
    state.target = target;
}

EXPORT(tick) float tick(void) {
    float measured = sense(CHANNEL);
    float error = state.target - measured;
    // The derivative is taken of the measurement, so that a new target gives no kick.
    float slope = (measured - state.previous) / period;
    float integral = state.integral + error * period;
    float wanted = gain.kp * error + gain.ki * integral - gain.kd * slope;
    float output = clamp(wanted, gain.limit);
    // A saturated actuator must not wind the integral up.
    if (output == wanted) state.integral = integral;
    state.previous = measured;
    actuate(CHANNEL, output);
    if (state.tick % REPORT_EVERY == 0) report(state.tick, error);
    state.tick++;
    return output;
}

// Runs `n` ticks and returns for how many of them the error was within tolerance.
EXPORT(run) int run(int n) {
    int settled = 0;
    for (int i = 0; i < n; i++) {
        tick();
        float error = state.target - state.previous;
        if (error < tolerance && error > -tolerance) settled++;
    }
    return settled;
}
