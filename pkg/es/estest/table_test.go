package estest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
)

type doorCase = estest.Case[door, doorEvent]

func TestRun(t *testing.T) {
	t.Parallel()
	doors.Run(t, []doorCase{
		{Name: "pass", Given: []doorEvent{opened{}}, When: pass("Bob"), Then: []doorEvent{passed{Who: "Bob"}}},
		{Name: "pass a shut door", When: pass("Bob"), ThenError: errShut},
		{Name: "leave it", When: door.leaveAsItIs},
	}, errShut)
}

func TestCasesFail(t *testing.T) {
	t.Parallel()
	tests := []struct {
		c    doorCase
		says string
	}{
		{doorCase{When: pass("Bob"), Then: []doorEvent{passed{Who: "Bob"}}}, "the decision failed"},
		{doorCase{When: pass("Bob")}, "the decision failed"},
		{doorCase{When: door.leaveAsItIs, ThenError: errShut}, "no error"},
		{doorCase{Given: []doorEvent{opened{}}, When: pass("Bob")}, "unexpected events"},
	}
	for _, tt := range tests {
		var r recorder
		doors.Check(&r, tt.c)
		r.wants(t, tt.says)
	}
}

func TestUnprovoked(t *testing.T) {
	t.Parallel()
	errOther := errors.New("other")
	cases := []doorCase{{}, {ThenError: fmt.Errorf("wrapped: %w", errShut)}}
	if got := estest.Unprovoked(cases, errOther, errShut); !slices.Equal(got, []error{errOther}) {
		t.Errorf("got %v, want %v alone", got, errOther)
	}
}
