package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// tutorial deploys the service of docs/tutorial.md beside the shop, by the page's commands, and uses it. It deletes the
// stack. The next step deletes what remains.
func (r *run) tutorial(ctx context.Context) error {
	const books, heading = "Books", "Deploy it"
	if r.service == "" {
		return fmt.Errorf("%w: run .ci/tutorial, and then make emulator TUTORIAL=build/tutorial/books", errNotRun)
	}
	page, err := readPage("docs/tutorial.md")
	if err != nil {
		return err
	}
	root, err := filepath.Abs(r.service)
	if err != nil {
		return err
	}
	t := *r
	t.root, t.page, t.environment = root, page, append(slices.Clone(r.environment), "CDK_APP="+r.app(root, ""))
	if _, err := t.documented(ctx, heading, nil); err != nil {
		return err
	}
	said, err := t.documented(ctx, heading, nil)
	if err := t.onlyTimeToLive(said, err); err != nil {
		return err
	}
	if err := t.lookAt(ctx, books); err != nil {
		return err
	}
	if err := t.signIn(ctx); err != nil {
		return err
	}
	commands, err := page.take(heading, map[string]string{"API_URL": t.outputs["ApiUrl"]})
	if err != nil {
		return err
	}
	if said, err = t.exec(ctx, []string{"TOKEN=" + t.token}, "bash", "-euo", "pipefail", "-c", commands); err != nil {
		return err
	}
	if !strings.Contains(said, `{"items":[{"id":"flatland","name":"Flatland","borrower":"bob",`) {
		return fmt.Errorf("the answers do not end with the book in the borrower's list: %s", said)
	}
	if left := page.blocks[heading]; len(left) > 0 {
		return fmt.Errorf("no step runs these commands of %s: %s", page.file, left[0])
	}
	return errors.Join(t.denied(ctx), t.gone(ctx, books))
}

// onlyTimeToLive checks what annals doctor says. The emulator ignores TimeToLiveSpecification of a global table, so
// this one finding is expected.
func (r *run) onlyTimeToLive(said string, err error) error {
	if status(err) != 1 && status(err) != 3 { // with go run the exit code is 1
		return fmt.Errorf("annals doctor: %w, want findings", err)
	}
	if wrong := linesWith(said, "wrong  "); len(wrong) != 1 || !strings.Contains(wrong[0], "time to live") {
		return fmt.Errorf("annals doctor finds %q, want only the missing time to live, which the emulator ignores", wrong)
	}
	return nil
}

// gone deletes a stack, and waits until it is gone.
func (r *run) gone(ctx context.Context, stack string) error {
	of := object{"StackName": stack}
	if err := r.aws(ctx, nil, "cloudformation", "delete_stack", of, ""); err != nil {
		return err
	}
	return eventually(ctx, func() error {
		var stacks []object
		err := r.aws(ctx, &stacks, "cloudformation", "describe_stacks", of, "Stacks")
		if err != nil && strings.Contains(err.Error(), "does not exist") {
			return nil
		}
		return errors.Join(fmt.Errorf("stack %s is still there: %v", stack, stacks), err)
	})
}
