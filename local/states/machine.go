package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Machine is a state machine with its executions, each in its own file. Executions continue after a restart of the
// runner: the current state runs again, so tasks must be idempotent.
type Machine struct {
	Name, ARN string

	definition *Definition
	functions  map[string]Function
	dir        string
	log        *slog.Logger

	ctx        context.Context
	cancel     context.CancelFunc
	running    sync.WaitGroup
	mu         sync.Mutex
	executions map[string]*Execution
}

// Open opens a machine whose executions are in a folder. functions are the functions of tasks, by ARN.
//
// Errors: those of [Parse]; one that names an execution's file that cannot be read.
func Open(name, arn, definition, dir string, functions map[string]Function, log *slog.Logger) (*Machine, error) {
	d, err := Parse([]byte(definition))
	if err != nil {
		return nil, err
	}
	m := &Machine{
		Name: name, ARN: arn, definition: d, functions: functions, dir: dir, log: log, executions: map[string]*Execution{},
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var e Execution
		if err := json.Unmarshal(text, &e); err != nil || e.Name == "" {
			return nil, fmt.Errorf("%s is not an execution: to delete all local data, start with FRESH=1", file)
		}
		m.executions[e.Name] = &e
	}
	return m, nil
}

// Resume continues the executions that have not ended.
func (m *Machine) Resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.executions {
		if e.Status == Running {
			m.begin(e)
		}
	}
}

// Close interrupts the machine. Its executions continue when it is opened and resumed again.
func (m *Machine) Close() {
	m.cancel()
	m.running.Wait()
}

// Start starts an execution. If one with the same name and input is running, it returns that one.
//
// Errors: apiError.
func (m *Machine) Start(name string, input json.RawMessage) (Execution, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.executions[name]; e != nil {
		if e.Status == Running && string(e.Input) == string(input) {
			return *e, nil
		}
		return Execution{}, apiError{
			"ExecutionAlreadyExists", fmt.Sprintf("Execution Already Exists: '%s'", m.executionARN(name)),
		}
	}
	e := &Execution{
		Name: name, Input: input, Started: time.Now(), Status: Running, State: m.definition.StartAt, Data: input,
	}
	if err := m.save(e); err != nil {
		return Execution{}, err
	}
	m.executions[name] = e
	m.begin(e)
	return *e, nil
}

// Describe returns an execution.
func (m *Machine) Describe(name string) (Execution, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.executions[name]
	if e == nil {
		return Execution{}, false
	}
	return *e, true
}

func (m *Machine) executionARN(name string) string {
	return strings.Replace(m.ARN, ":stateMachine:", ":execution:", 1) + ":" + name
}

// begin runs an execution in the background.
func (m *Machine) begin(e *Execution) {
	state, since := e.State, e.Entered
	m.running.Go(func() {
		data, err := decode(e.Data)
		if err == nil {
			in := &interpreter{functions: m.functions, log: m.log.With("execution", e.Name),
				entered: func(state string, data any) error {
					return m.change(e, func() (err error) {
						e.State, e.Entered = state, time.Now()
						e.Data, err = json.Marshal(data)
						return err
					})
				}}
			data, err = in.run(m.ctx, m.definition, state, since, data)
		}
		m.end(e, data, err)
	})
}

// end stores the result of an execution. If the execution was interrupted or cannot be stored, it stays unchanged.
func (m *Machine) end(e *Execution, output any, err error) {
	var failed *stateError
	if err != nil && !errors.As(err, &failed) || m.ctx.Err() != nil && failed != nil {
		if m.ctx.Err() == nil {
			m.log.ErrorContext(m.ctx, "an execution stopped; it continues at the next start", "execution", e.Name, "error", err)
		}
		return
	}
	err = m.change(e, func() (err error) {
		e.Stopped, e.Status = time.Now(), Succeeded
		if failed != nil {
			e.Status, e.Error, e.Cause = Failed, failed.Name, failed.Cause
			m.log.ErrorContext(m.ctx, "a state machine's execution failed",
				"machine", m.Name, "execution", e.Name, "state", e.State, "error", failed)
			return nil //nolint:nilerr // the failure is the stored result
		}
		e.Output, err = json.Marshal(output)
		return err
	})
	if err != nil {
		m.log.ErrorContext(m.ctx, "store the result of an execution", "execution", e.Name, "error", err)
	}
}

func (m *Machine) change(e *Execution, do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	return m.save(e)
}

// save writes an execution's file atomically.
func (m *Machine) save(e *Execution) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file := filepath.Join(m.dir, e.Name+".json")
	if err := os.WriteFile(file+".tmp", text, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}
