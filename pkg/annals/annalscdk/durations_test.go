package annalscdk

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestDurations: the functions that decide have each setting that the service declares, or its default.
func TestDurations(t *testing.T) {
	for want, given := range map[string]map[string]time.Duration{
		"72h0m0s": nil, "5s": {"paymentDeadline": 5 * time.Second},
	} {
		made, synth := stackOf(t, enrol(reminder), Settings{Durations: given})
		got := synth()
		for _, f := range annalsaws.Functions {
			var wanted any
			if f == annalsaws.Command || f == annalsaws.Reactor {
				wanted = want
			}
			same(t, string(f)+" has the setting", wanted, variablesOf(t, got, f)["PAYMENT_DEADLINE"])
		}
		if read, err := patience.Parse(want); err != nil || read != made.Settings.Durations["paymentDeadline"] {
			t.Errorf("the variable's value %s: %v, %v, want %v", want, read, err, made.Settings.Durations)
		}
	}
}

// TestDurationsAreRead: a stage gives a setting as text, as the others.
func TestDurationsAreRead(t *testing.T) {
	t.Parallel()
	service := enrol(reminder)
	for value, want := range map[any]time.Duration{"90m": 90 * time.Minute, "": 0, nil: 0} {
		got, err := readSettings(object{"paymentDeadline": value}, SettingsOf(service)...)
		if err != nil || got.Durations["paymentDeadline"] != want || len(got.Own) != 0 {
			t.Errorf("paymentDeadline of %v: %v, %v, %v, want %v", value, got.Durations, got.Own, err, want)
		}
	}
	for _, value := range []any{"soon", "1500ms", "0s", "-1h", 5.0, true, list{"1h"}} {
		_, err := readSettings(object{"paymentDeadline": value}, SettingsOf(service)...)
		if err == nil || !strings.HasPrefix(err.Error(), "paymentDeadline is ") ||
			!strings.HasSuffix(err.Error(), "it must be a duration of whole seconds, such as 72h or 5s") {
			t.Errorf("paymentDeadline of %v: %v, want an error that says what it must be", value, err)
		}
	}
	for want, test := range map[string]struct {
		context object
		own     []Setting
	}{
		"there is no setting paymentDeadlin:": {object{"paymentDeadlin": "1h"}, SettingsOf(service)},
		"there is no setting paymentDeadline": {object{"paymentDeadline": "1h"}, nil},
		`own setting "rate": choose`:          {nil, SettingsOf(enrol(annals.Setting("rate", time.Hour)))},
		`own setting "paymentDeadline": choo`: {nil, append(SettingsOf(service), Setting{Name: "paymentDeadline"})},
	} {
		if _, err := readSettings(test.context, test.own...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings of %v: %v, want an error with %s", test.context, err, want)
		}
	}
}

// TestDurationsRefused: a setting has a name and a variable of its own, and a value that it can have.
func TestDurationsRefused(t *testing.T) {
	t.Parallel()
	setting := func(name string) annals.Part { return annals.Setting(name, time.Hour) }
	for want, test := range map[string]struct {
		service *annals.Service
		given   map[string]time.Duration
	}{
		"the setting other has a value but is not declared: declare it": {
			enrol(reminder), map[string]time.Duration{"other": time.Hour},
		},
		`paymentDeadline is "1.5s": it must be a duration`: {
			enrol(reminder), map[string]time.Duration{"paymentDeadline": 1500 * time.Millisecond},
		},
		`paymentDeadline is "0s": it must be`: {
			enrol(reminder), map[string]time.Duration{"paymentDeadline": 0},
		},
		"setting forgetWait: every service has a setting of this name":          {enrol(setting("forgetWait")), nil},
		"setting cmk: every service":                                            {enrol(setting("cmk")), nil},
		"setting cursorKey: the stack sets the environment variable CURSOR_KEY": {enrol(setting("cursorKey")), nil},
		"setting deadlineGroup: the stack sets":                                 {enrol(setting("deadlineGroup")), nil},
		"setting otelTracesExporter: the environment variable OTEL_TRACES_EXPORTER can have": {
			enrol(setting("otelTracesExporter")), nil,
		},
		"setting home: the environment variable HOME can have": {enrol(setting("home")), nil},
	} {
		if err := test.service.Check(); err != nil {
			t.Fatal(err)
		}
		err := (&Settings{Durations: test.given}).completeDurations(test.service)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings of %v: %v, want an error with %s", test.given, err, want)
		}
	}
}
