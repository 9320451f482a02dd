package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	smithy "github.com/aws/smithy-go/middleware"
	"github.com/spf13/cobra"
)

// writer marks a command that may write. The clients of all other commands refuse to write.
func writer(cmd *cobra.Command) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations["writes"] = "yes"
	return cmd
}

func writes(cmd *cobra.Command) bool { return cmd.Annotations["writes"] != "" }

// writing tells whether an operation of DynamoDB may write. It returns true for all that are not known to read.
func writing(operation string) bool {
	switch operation {
	case "Query", "Scan", "GetShardIterator":
		return false
	}
	for _, verb := range []string{"Get", "BatchGet", "TransactGet", "Describe", "List"} {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}

// readOnly returns a client that refuses to write. command is the command's name, for the error.
func readOnly(client *dynamodb.Client, command string) *dynamodb.Client {
	refuse := func(
		ctx context.Context, in smithy.InitializeInput, next smithy.InitializeHandler,
	) (smithy.InitializeOutput, smithy.Metadata, error) {
		if operation := middleware.GetOperationName(ctx); writing(operation) {
			return smithy.InitializeOutput{}, smithy.Metadata{}, fmt.Errorf("%s is read-only: %s refused", command, operation)
		}
		return next.HandleInitialize(ctx, in)
	}
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *smithy.Stack) error {
			return stack.Initialize.Add(smithy.InitializeMiddlewareFunc("read-only", refuse), smithy.After)
		})
	})
}
