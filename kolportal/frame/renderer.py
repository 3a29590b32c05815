"""How every form of the site is drawn."""

from django.forms.renderers import TemplatesSetting


class SiteRenderer(TemplatesSetting):
    """``{{ form }}`` and ``{{ field.as_field_group }}`` through ``templates/components/``, one look for every form."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
