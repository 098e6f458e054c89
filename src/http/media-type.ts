/** What GraphQL over HTTP is answered in, the one that is preferred among equals first. */
const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

interface Range {
  name: string;
  quality: number;
}

function readRange(text: string): Range {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  return { name, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

/** The quality that the most specific range gives the media type (RFC 9110, section 12.5.1); 0 when none matches. */
function qualityOf(mediaType: MediaType, ranges: readonly Range[]): number {
  for (const name of [mediaType, "application/*", "*/*"]) {
    const range = ranges.find((each) => each.name === name);
    if (range) return range.quality;
  }
  return 0;
}

/**
 * The media type to answer in; undefined when the client accepts neither. Known before anything runs: a mutation whose
 * answer nobody could read must not happen.
 *
 * @param accept the header; without it, `application/json` (GraphQL over HTTP, section 6.1)
 */
export function chooseMediaType(accept: string | undefined): MediaType | undefined {
  if (accept === undefined) return MEDIA_TYPES[0];
  const ranges = accept.split(",").map(readRange);
  let best: { mediaType: MediaType; quality: number } | undefined;
  for (const mediaType of MEDIA_TYPES) {
    const quality = qualityOf(mediaType, ranges);
    if (quality > (best?.quality ?? 0)) best = { mediaType, quality };
  }
  return best?.mediaType;
}
