package annalscdk

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// writeSources writes the paths of the files and folders that the app's assets are copies of. CDK records the copies
// alone, and who runs the service on a developer's machine has to know when they are out of date.
func writeSources(app awscdk.App, out string) error {
	paths := []string{}
	for _, construct := range *app.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if asset, is := construct.(awscdk.AssetStaging); is {
			paths = append(paths, *asset.SourcePath())
		}
	}
	slices.Sort(paths)
	text, err := json.Marshal(slices.Compact(paths))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, annalsaws.SourcesFile), text, 0o600); err != nil {
		return fmt.Errorf("write the list of the assets' sources: %w", err)
	}
	return nil
}
