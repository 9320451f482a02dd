package states

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Definition is a state machine, or the part of one that a map runs for each item.
type Definition struct {
	Comment         string
	StartAt         string
	QueryLanguage   string
	ProcessorConfig *struct{ Mode, ExecutionType string }
	States          map[string]*State
}

// State is a state of any supported type. Each type uses some of the fields.
type State struct {
	Type, Comment string
	Next          string
	End           bool

	Task   *taskState
	Map    *mapState
	Choice *choiceState
	Wait   *waitState
	Fail   *failState
}

type (
	transition struct {
		Type, Comment string
		Next          string
		End           bool
	}
	taskState struct {
		transition
		Resource   string
		Parameters struct {
			FunctionName string
			Payload      json.RawMessage
		}
		OutputPath string
		Retry      []retrier
		Catch      []catcher
	}
	mapState struct {
		transition
		ItemsPath      string
		ItemSelector   json.RawMessage
		ItemProcessor  *Definition
		MaxConcurrency int
		Label          string
		ResultPath     json.RawMessage
		Catch          []catcher
	}
	choiceState struct {
		transition
		Choices []choice
		Default string
	}
	choice struct {
		Variable      string
		BooleanEquals *bool
		IsPresent     *bool
		Next          string
	}
	waitState struct {
		transition
		SecondsPath string
	}
	failState struct {
		transition
		ErrorPath, CausePath string
	}
	retrier struct {
		ErrorEquals     []string
		IntervalSeconds *float64
		MaxAttempts     *int
		BackoffRate     *float64
		MaxDelaySeconds float64
		JitterStrategy  string
	}
	catcher struct {
		ErrorEquals []string
		ResultPath  string
		Next        string
	}
)

const lambdaInvoke = "arn:aws:states:::lambda:invoke"

// Parse reads a definition.
//
// Errors: one that names the state and the part of it that is not supported or leads nowhere.
func Parse(text []byte) (*Definition, error) {
	var d Definition
	if err := strictly(text, &d); err != nil {
		return nil, fmt.Errorf("definition: %w", err)
	}
	return &d, d.check()
}

// strictly refuses fields that the interpreter would ignore.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// UnmarshalJSON reads a state by the rules of its type.
func (s *State) UnmarshalJSON(text []byte) error {
	var head transition
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	s.Type, s.Next, s.End = head.Type, head.Next, head.End
	switch s.Type {
	case "Task":
		s.Task = &taskState{OutputPath: "$"}
		return strictly(text, s.Task)
	case "Map":
		s.Map = &mapState{ItemsPath: "$"}
		return strictly(text, s.Map)
	case "Choice":
		s.Choice = &choiceState{}
		return strictly(text, s.Choice)
	case "Wait":
		s.Wait = &waitState{}
		return strictly(text, s.Wait)
	case "Fail":
		s.Fail = &failState{}
		return strictly(text, s.Fail)
	case "Succeed":
		return strictly(text, &transition{})
	}
	return fmt.Errorf("states of type %q are not supported locally", s.Type)
}

// check checks what the Go types do not.
func (d *Definition) check() error {
	if d.QueryLanguage != "" && d.QueryLanguage != "JSONPath" {
		return fmt.Errorf("the query language %s is not supported locally: use JSONPath", d.QueryLanguage)
	}
	if d.States[d.StartAt] == nil {
		return fmt.Errorf("StartAt is %q, which is not a state", d.StartAt)
	}
	for name, s := range d.States {
		if s == nil {
			return fmt.Errorf("state %s is empty", name)
		}
		if err := s.check(); err != nil {
			return fmt.Errorf("state %s: %w", name, err)
		}
		for _, next := range s.nexts() {
			if d.States[next] == nil {
				return fmt.Errorf("state %s leads to %q, which is not a state", name, next)
			}
		}
	}
	return nil
}

func (s *State) check() error {
	var paths []string
	switch {
	case s.Task != nil:
		if err := s.checkTask(); err != nil {
			return err
		}
		paths = []string{s.Task.OutputPath}
	case s.Map != nil:
		if err := s.checkMap(); err != nil {
			return err
		}
		paths = []string{s.Map.ItemsPath}
	case s.Choice != nil:
		for _, c := range s.Choice.Choices {
			if (c.BooleanEquals == nil) == (c.IsPresent == nil) {
				return errors.New("a choice needs BooleanEquals or IsPresent: no other comparison is supported locally")
			}
			paths = append(paths, c.Variable)
		}
	case s.Wait != nil:
		paths = []string{s.Wait.SecondsPath}
	case s.Fail != nil:
		paths = []string{s.Fail.ErrorPath, s.Fail.CausePath}
	}
	for _, c := range s.catchers() {
		paths = append(paths, c.ResultPath)
	}
	for _, p := range paths {
		if _, err := parsePath(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *State) checkTask() error {
	if s.Task.Resource != lambdaInvoke {
		return fmt.Errorf("the resource %s is not supported locally: use %s", s.Task.Resource, lambdaInvoke)
	}
	for _, r := range s.Task.Retry {
		if r.JitterStrategy != "" && r.JitterStrategy != "FULL" && r.JitterStrategy != "NONE" {
			return fmt.Errorf("JitterStrategy %s is not supported locally: use FULL or NONE", r.JitterStrategy)
		}
	}
	return nil
}

func (s *State) checkMap() error {
	p := s.Map.ItemProcessor
	if p == nil || p.ProcessorConfig == nil || p.ProcessorConfig.Mode != "DISTRIBUTED" {
		return errors.New("the map is not distributed: no other maps are supported locally")
	}
	if string(s.Map.ResultPath) != "null" {
		return errors.New("collecting the results of a map is not supported locally: set ResultPath to null")
	}
	return p.check()
}

func (s *State) catchers() []catcher {
	switch {
	case s.Task != nil:
		return s.Task.Catch
	case s.Map != nil:
		return s.Map.Catch
	}
	return nil
}

// nexts returns the names of the states that a state may lead to.
func (s *State) nexts() []string {
	var all []string
	switch {
	case s.Choice != nil:
		for _, c := range s.Choice.Choices {
			all = append(all, c.Next)
		}
		return append(all, s.Choice.Default)
	case s.Type == "Succeed", s.Type == "Fail":
		return nil
	case !s.End:
		all = append(all, s.Next)
	}
	for _, c := range s.catchers() {
		all = append(all, c.Next)
	}
	return all
}
