import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

const DOMAIN_COMPONENT = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = String.raw`(?:${DOMAIN_COMPONENT}(?:\.${DOMAIN_COMPONENT})*|\[[0-9A-Fa-f:]+\])`;
const PATH_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}";

/** `[host[:port]/]path[:tag][@digest]`, see https://pkg.go.dev/github.com/distribution/reference. */
const IMAGE_REFERENCE = new RegExp(
  `^(?:${HOST}(?::[0-9]+)?/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*(?::${TAG})?(?:@${DIGEST})?$`,
);

/** Rule `image-reference`: an image reference of the OCI distribution grammar. */
export function ImageReference(): PropertyDecorator {
  return ruleDecorator("image-reference", {
    holds: (value) => !isGiven(value) || isBlank(value) || IMAGE_REFERENCE.test(String(value)),
    message: () =>
      "Give an image reference [host[:port]/]path[:tag][@digest], for instance swr.example.com/group/image:1.0; " +
      "its path is in lower case.",
  });
}
