package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := []struct {
		args []string
		env  map[string]string
		want options
	}{
		{nil, nil, options{url: "http://127.0.0.1:3000", atOnce: 16, patience: 2 * time.Minute}},
		{
			nil, map[string]string{"PORT": "4000"}, options{url: "http://127.0.0.1:4000", atOnce: 16, patience: 2 * time.Minute},
		},
		{
			nil, map[string]string{"PORT": "4000", "ANNALS_URL": "http://a"},
			options{url: "http://a", atOnce: 16, patience: 2 * time.Minute},
		},
		{
			[]string{"-url", "http://b", "-check", "-patience", "0", "-at-once", "1"},
			map[string]string{"ANNALS_URL": "http://a"},
			options{url: "http://b", check: true, atOnce: 1},
		},
	}
	for _, c := range cases {
		got, err := parse(c.args, func(name string) string { return c.env[name] }, &strings.Builder{})
		if err != nil || got != c.want {
			t.Errorf("parse %v with %v: %+v, %v, want %+v", c.args, c.env, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-at-once", "0"}, {"-patience", "-1s"}, {"now"}, {"-unknown"}} {
		var out strings.Builder
		if status := start(t.Context(), args, func(string) string { return "" }, settings{}, &out, &out); status != misused ||
			out.Len() == 0 {
			t.Errorf("northwind %v: exit status %d, want misused and its usage; printed %s", args, status, &out)
		}
	}
	var help strings.Builder
	if _, err := parse([]string{"-h"}, func(string) string { return "" }, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("parse -h: %v, want flag.ErrHelp", err)
	}
	mustContain(t, help.String(), "-check", "-url", "-patience", "ANNALS_URL", "PORT", "second run changes nothing")
}
