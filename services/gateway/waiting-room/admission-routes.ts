import { Type } from 'typebox';
import { endAdmission } from '../../../lua/end-admission.ts';
import { enterAdmission } from '../../../lua/enter-admission.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { Admission } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import { requireAdmission, requireVisitor } from '../plugins/auth.ts';
import { AtMs, EventParams, errorAnswers, nothing, WANTS } from '../schemas.ts';
import { seatsUrl } from './seats-url.ts';

const AdmissionView = Type.Object({
  admissionToken: Type.String(),
  admissionId: Type.String(),
  expiresAtMs: AtMs,
  seatsUrl: Type.String({ description: 'Where the seat map of this event is streamed.' }),
});

/** Routes of the door. */
export function admissionRoutes(app: App, deps: Deps): void {
  const { config, store, redis, tokens, metrics } = deps;

  app.post(
    '/events/:eventId/admission',
    {
      config: { quiet: true },
      schema: {
        tags: ['line'],
        summary: 'Enter, once called',
        description: '201 for the one who enters, 200 with the same admission and deadline when asked again.',
        params: EventParams,
        security: WANTS.visitor,
        response: {
          200: AdmissionView,
          201: AdmissionView,
          ...errorAnswers(
            'no_token',
            'bad_token',
            'wrong_token',
            'unknown_event',
            'no_place',
            'not_called',
            'place_expired',
          ),
        },
      },
    },
    async (request, reply): Promise<Admission> => {
      const { eventId } = request.params;
      const visitorId = requireVisitor(request);
      await store.get(eventId);
      const entered = await store.run(eventId, () => enterAdmission(redis, eventId, visitorId));
      if (!entered.entered) throw new UsherError(entered.code);
      const { again, admissionId, expiresAtMs } = entered;
      if (!again) metrics.admissions.inc({ event: eventId });
      reply.code(again ? 200 : 201).header('cache-control', 'no-store');
      return {
        admissionToken: tokens.signAdmission({ eventId, visitorId, admissionId, expiresAtMs }),
        admissionId,
        expiresAtMs,
        seatsUrl: `${seatsUrl(config, request)}/events/${eventId}`,
      };
    },
  );

  app.delete(
    '/events/:eventId/admission',
    {
      config: { quiet: true },
      schema: {
        tags: ['line'],
        summary: 'Leave the room: the slot is free at once, unpaid holds are released',
        description: 'Leaving twice is leaving once.',
        params: EventParams,
        security: WANTS.admission,
        response: {
          204: nothing(),
          ...errorAnswers('no_token', 'bad_token', 'wrong_token', 'token_expired', 'unknown_event'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const { admissionId } = requireAdmission(request, eventId);
      await store.run(eventId, () => endAdmission(redis, eventId, admissionId, 'left'));
      return reply.code(204).send();
    },
  );
}
