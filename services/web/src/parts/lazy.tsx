/** A part of the page whose code comes when it is shown. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, Loading } from './notices.tsx';

export function Lazy<Props extends object>({
  load,
  props,
}: {
  load: () => Promise<ComponentType<Props>>;
  props: Props;
}): JSX.Element {
  const [part, setPart] = useState<{ Part?: ComponentType<Props>; error?: unknown }>({});
  useEffect(() => {
    let current = true;
    load().then(
      (Part) => current && setPart({ Part }),
      (error: unknown) => current && setPart({ error }),
    );
    return () => {
      current = false;
    };
  }, [load]);
  if (part.Part) return <part.Part {...props} />;
  // After a new release the old parts are gone: loading the page anew brings the new ones.
  if (part.error) return <Failure error={{ code: 'network' }} onRetry={() => location.reload()} />;
  return <Loading />;
}
