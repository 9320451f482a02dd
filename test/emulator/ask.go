package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed ask.py
var asking string

// asker calls AWS with botocore, the library of the SDK for Python, which is installed with the emulator. It knows all
// services, while this project imports the Go clients of only a few.
type asker struct {
	process   *exec.Cmd
	questions io.WriteCloser
	answers   *bufio.Scanner
}

func (r *run) startAsker(ctx context.Context) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx),
		filepath.Join(r.bin, "ministack", "bin", "python"), "-c", asking)
	cmd.Env, cmd.Stderr = r.environment, os.Stderr
	questions, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	r.asker = &asker{process: cmd, questions: questions, answers: bufio.NewScanner(answers)}
	r.asker.answers.Buffer(nil, 16<<20)
	return cmd.Start()
}

func (a *asker) stop() error { return errors.Join(a.questions.Close(), a.process.Wait()) }

// aws calls an operation of a service, both by their names in Python. It decodes the result of a JMESPath query on the
// answer into to, unless to is nil.
//
// Errors: those of AWS, with their name and message.
func (r *run) aws(ctx context.Context, to any, service, operation string, with object, query string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if with == nil {
		with = object{}
	}
	question, err := json.Marshal(object{"service": service, "operation": operation, "with": with, "query": query})
	if err != nil {
		return err
	}
	if _, err := r.asker.questions.Write(append(question, '\n')); err != nil {
		return err
	}
	if !r.asker.answers.Scan() {
		return fmt.Errorf("%s %s: no answer: %w", service, operation, errors.Join(r.asker.answers.Err(), io.ErrUnexpectedEOF))
	}
	var reply struct {
		Answer json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(r.asker.answers.Bytes(), &reply); err != nil {
		return err
	}
	if reply.Error != "" {
		err = fmt.Errorf("%s %s: %s", service, operation, reply.Error)
	} else if to != nil {
		err = json.Unmarshal(reply.Answer, to)
	}
	r.log("ask", []string{string(question)}, r.asker.answers.Text()+"\n", err)
	return err
}
