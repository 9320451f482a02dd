package main

// bugs are changes that chaos must find, by name: the mistakes that event stores are known for.
var bugs = map[string][]change{
	"retry-of-a-save": {{ // the decision is not made again on what the stream holds now
		file: "pkg/es/dynamostore/append.go",
		old: `		err = p.alone(ctx, doubt)
	}
`,
		new: `		err = p.alone(ctx, doubt)
	}
	if conflict := new(es.ConflictError); errors.As(err, &conflict) {
		for i, w := range a.Writes {
			if a.Writes[i].Head, err = st.Head(ctx, w.Head.Stream()); err != nil {
				return nil, err
			}
		}
		return st.Append(ctx, a)
	}
`,
	}},
	"missing-condition": {{ // the later of two writers wins
		file: "pkg/es/dynamostore/append.go",
		old:  `isFree = aws.String("attribute_not_exists(version)")`,
		new:  `isFree = aws.String("attribute_not_exists(version) OR attribute_exists(version)")`,
	}},
	"one-page-read": {{ // what a first answer left out is not asked for
		file: "pkg/es/dynamostore/read.go",
		old:  "for pages.HasMorePages() {",
		new:  "if pages.HasMorePages() {",
	}},
	"checkpoint-in-second-write": {{ // a crash between the two makes rows change twice
		file: "pkg/es/projection/dynamoview/save.go",
		old: `		return v.transact(ctx, actions)
	}
`,
		new: `		for _, some := range [][]types.TransactWriteItem{actions[len(moves):], actions[:len(moves)]} {
			if len(some) == 0 {
				continue
			}
			if err := v.transact(ctx, some); err != nil {
				return err
			}
		}
		return nil
	}
`,
	}},
	// Our own commit, found where we write, is somebody else's; and the decision is made again without a look for its command,
	// which otherwise is found on the stream or in the cache: the first change alone does no harm.
	"lost-answer-taken-for-conflict": {
		{file: "pkg/es/dynamostore/append.go", old: "	case c.ID == p.commits[0].ID:\n", new: "	case false:\n"},
		{file: "pkg/es/folded.go", old: `if tx.cmd.Ref.ID == "" {`, new: `if tx.fresh || tx.cmd.Ref.ID == "" {`},
		{file: "pkg/es/execute.go", old: `if tx.cmd.Ref.ID == "" ||`, new: `if tx.fresh || tx.cmd.Ref.ID == "" ||`},
	},
}
