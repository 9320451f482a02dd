package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// forgets forgets the operator, who is the only one with a token, and so the owner of the account. The state machine
// must get to its end, and clear the read model. It is one of the last steps: no later one opens an account.
func (r *run) forgets(ctx context.Context) error {
	const name, path = "Grace Hopper", "/accounts/graces"
	who := r.outputs["OperatorsClientId"]
	opening := object{"accountId": "graces", "ownerName": name, "initialDeposit": usd("7.00")}
	token, err := r.command(ctx, http.StatusCreated, http.MethodPost, "/accounts", opening)
	if err != nil {
		return err
	}
	after := path + "?after=" + strings.ReplaceAll(token, "#", "%23")
	if err := r.owner(ctx, after, name); err != nil {
		return err
	}
	if stored, err := r.accounts(ctx); err != nil || !strings.Contains(stored, name) {
		return fmt.Errorf("the table of accounts has no %q, so this step can't fail: %w: %s", name, err, stored)
	}
	if _, _, err := r.request(ctx, http.StatusAccepted, http.MethodPost, "/subjects/"+who+"/forget", nil); err != nil {
		return err
	}
	if err := eventually(ctx, func() error {
		report, _, err := r.request(ctx, http.StatusOK, http.MethodGet, "/subjects/"+who, nil)
		if err == nil && report["status"] != "forgotten" {
			err = fmt.Errorf("the report is %v, want the status forgotten", report)
		}
		return err
	}); err != nil {
		return err
	}
	if stored, err := r.accounts(ctx); err != nil || strings.Contains(stored, name) {
		return fmt.Errorf("the table of accounts still has %q: %w: %s", name, err, stored)
	}
	opening["accountId"] = "another"
	_, _, refused := r.request(ctx, http.StatusUnprocessableEntity, http.MethodPost, "/accounts", opening)
	return errors.Join(refused, r.owner(ctx, path, "(removed)"), r.owner(ctx, path+"?version=1", "(removed)"))
}

// owner checks which owner an account shows.
func (r *run) owner(ctx context.Context, path, want string) error {
	shown, _, err := r.request(ctx, http.StatusOK, http.MethodGet, path, nil)
	if err == nil && shown["ownerName"] != want {
		err = fmt.Errorf("GET %s: %v, want the owner %s", path, shown, want)
	}
	return err
}

// accounts returns all items of the read table of accounts, as text.
func (r *run) accounts(ctx context.Context) (string, error) {
	var items any
	err := r.aws(ctx, &items, "dynamodb", "scan",
		object{"TableName": r.resources["AccountsTable"].PhysicalResourceID}, "Items")
	return fmt.Sprint(items), err
}
