import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.enumerations.SubIndication;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * EU DSS on one file, as ETSI EN 319 102-1 has it: once under the policy that DSS comes with, once under the same policy
 * where every finding about changes after the signature fails it. DSS's own policy only warns of most of them.
 *
 * <p>It trusts the given roots and nothing else, reads revocation lists from the file and from the given ones, and asks
 * no network: no certificate, revocation list or OCSP answer is fetched.
 */
final class DssJudge {
    private static final String OWN_POLICY = "/policy/constraint.xml";
    private static final Pattern WARNINGS = Pattern.compile(
            "<(ByteRangeCollision|PdfAnnotationOverlap|PdfVisualDifference|DocMDP|FieldMDP|SigFieldLock|UndefinedChanges)"
                    + " Level=\"WARN\"");

    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();

    DssJudge(List<String> roots, List<String> lists) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        roots.forEach(root -> trusted.addCertificate(DSSUtils.loadCertificate(new File(root))));
        verifier.setTrustedCertSources(trusted);
        verifier.setAIASource(null);
        DSSDocument[] crls = lists.stream().map(FileDocument::new).toArray(DSSDocument[]::new);
        if (crls.length > 0) {
            verifier.setCrlSource(new ExternalResourcesCRLSource(crls));
        }
    }

    /** What DSS says of every signature in {@code file} at {@code at}, under either policy. */
    Map<String, Object> judge(Path file, Instant at) {
        Map<String, Object> judgement = new LinkedHashMap<>();
        judgement.put("signatures", List.of());
        judgement.put("strictly", List.of());
        try {
            judgement.put("signatures", verdicts(file, at, policy(false)));
            judgement.put("strictly", verdicts(file, at, policy(true)));
        } catch (RuntimeException error) { // DSS throws a dozen kinds for a file that it cannot read
            judgement.put("error", String.valueOf(error.getMessage()));
        }
        return judgement;
    }

    private List<Map<String, Object>> verdicts(Path file, Instant at, InputStream policy) {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file.toFile()));
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(Date.from(at));
        SimpleReport report = validator.validateDocument(policy).getSimpleReport();
        return report.getSignatureIdList().stream().map(id -> verdict(report, id)).toList();
    }

    private static InputStream policy(boolean strict) {
        try (InputStream own = DssJudge.class.getResourceAsStream(OWN_POLICY)) {
            String policy = new String(own.readAllBytes(), StandardCharsets.UTF_8);
            String chosen = strict ? WARNINGS.matcher(policy).replaceAll("<$1 Level=\"FAIL\"") : policy;
            return new ByteArrayInputStream(chosen.getBytes(StandardCharsets.UTF_8));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static Map<String, Object> verdict(SimpleReport report, String id) {
        Indication indication = report.getIndication(id);
        SubIndication reason = report.getSubIndication(id);
        List<String> said = new ArrayList<>();
        for (Message message : report.getAdESValidationErrors(id)) {
            said.add(message.getValue());
        }
        for (Message message : report.getAdESValidationWarnings(id)) {
            said.add("(warning) " + message.getValue());
        }
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("level", String.valueOf(report.getSignatureFormat(id)));
        verdict.put("indication", indication.name());
        verdict.put("reason", reason == null ? "" : reason.name());
        verdict.put("said", said);
        return verdict;
    }
}
